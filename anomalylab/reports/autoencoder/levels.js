// One image in, out, what is left, what is called and what is true; residuals are levels from 0 to 255.
(() => {
  "use strict";
  const al = window.anomalylab;
  const CALLED = "amber";

  al.levelsOf = async (picture, [width, height]) => {
    const image = new Image();
    image.src = `data:image/png;base64,${picture}`;
    await image.decode();
    const pen = al.pen(al.el("canvas", { width, height }));
    pen.drawImage(image, 0, 0);
    const { data } = pen.getImageData(0, 0, width, height);
    return Uint8Array.from({ length: width * height }, (_, i) => data[4 * i]);
  };

  // What a level calls is above it, strictly; overlays.py counts the same.
  al.calledIn = (levels, truth, level) => {
    const counts = { n: levels.length, called: 0, defective: 0, found: 0 };
    for (let i = 0; i < levels.length; i += 1) {
      const isCalled = levels[i] > level;
      const isDefect = truth !== null && truth[i] > 0;
      if (isCalled) counts.called += 1;
      if (isDefect) counts.defective += 1;
      if (isCalled && isDefect) counts.found += 1;
    }
    return counts;
  };

  al.calledWords = ({ n, called, defective, found }, isKnown) => {
    const told = [`${called} of ${al.count(n, "pixel")} called`];
    if (defective) {
      told.push(`${al.percent(found / defective)} of the defect found`);
      if (called) told.push(`${al.percent(found / called)} of what is called is defect`);
    } else if (isKnown) told.push("nothing in this image is defective");
    return told.join("; ");
  };

  /**
   * Paints a canvas, a colour with its opacity for each pixel.
   * @param {HTMLCanvasElement} canvas
   * @param {(i: number) => number[]} colourOf
   */
  function paint(canvas, colourOf) {
    const pen = al.pen(canvas);
    const picture = pen.createImageData(canvas.width, canvas.height);
    for (let i = 0; i < canvas.width * canvas.height; i += 1) picture.data.set(colourOf(i), 4 * i);
    pen.putImageData(picture, 0, 0);
  }

  al.ResidualRow = class {
    /**
     * @param {Al.GivenBack} image
     * @param {Al.Bytes} colours
     */
    constructor(image, colours) {
      this.image = image;
      this.colours = colours;
      this.level = 0;
      /** @type {Al.Bytes | null} */
      this.levels = null;
      /** @type {Al.Bytes | null} */
      this.truth = null;
      const [width, height] = image.size;
      const label = `${image.id}: `;
      this.left = al.el("canvas", { width, height, role: "img", "aria-label": `${label}what is left` });
      this.called = al.el("canvas", { width, height, role: "img", "aria-label": `${label}what is called` });
      this.told = al.el("p", { class: "al-note al-counted" });
      const type = image.type || al.classOf(image.label).name;
      this.node = al.el(
        "article",
        { class: "al-shot" },
        al.el("p", { class: "al-shot-title al-break", title: image.id }, al.el("b", {}, image.name), ` ${type}`),
        al.el("div", { class: "al-five" }, ...this.figures()),
        this.told,
      );
      this.load();
    }

    figures() {
      const { image } = this;
      const picture = (/** @type {string} */ kind, /** @type {string} */ data, /** @type {string} */ alt) =>
        al.el("img", { src: `data:image/${kind};base64,${data}`, alt: `${image.id}: ${alt}` });
      const figure = (/** @type {string} */ words, /** @type {Node[]} */ ...shown) =>
        al.el("figure", {}, al.el("div", { class: "al-square" }, ...shown), al.el("figcaption", {}, words));
      const under = picture("webp", image.input, "in");
      under.className = "al-under";
      return [
        figure("In", picture("webp", image.input, "in")),
        figure("Out", picture("webp", image.output, "as it comes back")),
        figure("What is left", this.left),
        figure("Called", under, this.called),
        image.truth === null
          ? figure("Truth", al.el("p", { class: "al-note" }, "Not known."))
          : figure("Truth", picture("png", image.truth, "true defect")),
      ];
    }

    async load() {
      const { residual, truth, size } = this.image;
      this.truth = truth === null ? null : await al.levelsOf(truth, size);
      const levels = await al.levelsOf(residual, size);
      this.levels = levels;
      const { colours } = this;
      paint(this.left, (i) => [...colours.subarray(3 * levels[i], 3 * levels[i] + 3), 255]);
      this.show(this.level);
    }

    /** @param {number} level */
    show(level) {
      this.level = level;
      const { levels, truth } = this;
      if (!levels) return;
      // Over the image what is called is amber; in black and white the ground is not seen through.
      const isOver = this.node.closest(".al-is-over") !== null;
      const called = isOver ? [...al.rgb(this.node, CALLED), 190] : [255, 255, 255, 255];
      const other = isOver ? [0, 0, 0, 0] : [0, 0, 0, 255];
      paint(this.called, (i) => (levels[i] > level ? called : other));
      this.told.textContent = al.calledWords(al.calledIn(levels, truth, level), truth !== null);
    }
  };
})();
