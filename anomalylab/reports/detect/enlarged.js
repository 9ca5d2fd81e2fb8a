// One image, large, beside its nearest image, with every fact there is.
(() => {
  "use strict";
  const al = window.anomalylab;

  /**
   * An image as large as the page holds it; outlines grow along.
   * @param {Al.DetectImage} image
   * @returns {Al.Drawn}
   */
  function largest(image) {
    if (!image.large) return image;
    const { src, size } = image.large;
    const [x, y] = [size[0] / image.thumb[0], size[1] / image.thumb[1]];
    const contour = image.contour.map((ring) => ring.map(([col, row]) => /** @type {Al.Pair} */ ([col * x, row * y])));
    return { url: `data:image/webp;base64,${src}`, thumb: size, contour };
  }

  /**
   * What is shown of an image if not all of its pixels are.
   * @param {Al.DetectImage} image
   */
  function detailOf(image) {
    const [width, height] = image.large ? image.large.size : image.thumb;
    if (Math.max(width, height) >= Math.max(...image.size)) return "";
    const pixels = `${Math.max(width, height)} px`;
    return image.large ? `shown in ${pixels}` : `thumbnail of ${pixels}; the file is ${image.path}`;
  }

  al.Enlarged = class {
    /** @param {Al.Store} store */
    constructor(store) {
      this.store = store;
      /** @type {number[]} */
      this.rows = [];
      this.place = 0;
      this.title = al.el("h3", { tabindex: -1 });
      this.pictures = al.el("div", { class: "al-pair" });
      this.facts = al.el("dl", { class: "al-facts" });
      const button = (/** @type {string} */ words, /** @type {() => void} */ act) =>
        al.el("button", { type: "button", onclick: act }, words);
      this.node = al.el(
        "dialog",
        { class: "al-dialog", "aria-label": "Enlarged image" },
        al.el(
          "header",
          {},
          this.title,
          al.el(
            "div",
            { class: "al-fields" },
            button("← Previous", () => this.step(-1)),
            button("Next →", () => this.step(1)),
            button("Close", () => this.node.close()),
          ),
        ),
        this.pictures,
        al.el(
          "div",
          { class: "al-fields" },
          al.opacityControl(store),
          al.mapLegend(store.colours, store.data.stepsPerThreshold),
        ),
        this.facts,
      );
      this.node.addEventListener("keydown", (event) => this.key(event));
      this.node.addEventListener("click", (event) => {
        if (event.target === this.node) this.node.close();
      });
      store.listen((changes) => {
        if ("opacity" in changes) this.fade();
      });
    }

    /** @param {number} i */
    show(i) {
      this.rows = this.store.ranked();
      if (!this.rows.includes(i)) this.rows = this.store.labels.map((_, k) => k);
      this.place = this.rows.indexOf(i);
      this.draw();
      if (!this.node.open) this.node.showModal();
      this.title.focus();
    }

    /** @param {number} by */
    step(by) {
      this.place = (this.place + by + this.rows.length) % this.rows.length;
      this.draw();
    }

    /** @param {KeyboardEvent} event */
    key(event) {
      const step = al.ARROWS[event.key];
      if (!step || event.target instanceof HTMLInputElement) return;
      event.preventDefault();
      this.step(step);
    }

    fade() {
      this.node.style.setProperty("--al-opacity", String(this.store.state.opacity));
    }

    draw() {
      const { store } = this;
      const i = this.rows[this.place];
      const image = store.data.images[i];
      const { grid, neighbours } = store.detector;
      const neighbour = neighbours[i];
      this.fade();
      this.title.textContent = image.id;
      const figure = (/** @type {Al.DetectImage} */ of, /** @type {Element} */ picture, /** @type {string} */ words) =>
        al.el(
          "figure",
          of.large ? { class: "al-is-large" } : {},
          picture,
          al.el("figcaption", {}, [words, detailOf(of)].filter(Boolean).join("; ")),
        );
      const own = al.picture(largest(image), {
        alt: al.describe(store, i),
        maps: store.detectorMaps,
        query: i,
        cell: neighbour?.cell,
        grid,
      });
      this.pictures.replaceChildren(figure(image, own, this.ownWords(image, neighbour)));
      if (neighbour) {
        const other = store.data.images[neighbour.image];
        const words =
          `${al.nearestWords(store.data)}: ` +
          `${other.id}${neighbour.match ? "; boxed: the place it was compared with" : ""}`;
        this.pictures.append(
          figure(other, al.picture(largest(other), { alt: words, cell: neighbour.match, grid }), words),
        );
      }
      this.facts.replaceChildren(
        ...this.factsOf(i).flatMap(([name, value]) => [al.el("dt", {}, name), al.el("dd", {}, value)]),
      );
    }

    /**
     * @param {Al.DetectImage} image
     * @param {Al.Neighbour | null} neighbour
     */
    ownWords(image, neighbour) {
      const box = neighbour?.cell ? "boxed: its most unusual place" : "";
      const truth = image.contour.length ? "white line: the true defect" : "";
      return [box, truth].filter(Boolean).join("; ") || "the image";
    }

    /**
     * @param {number} i
     * @returns {[name: string, value: string | null][]}
     */
    factsOf(i) {
      const { store } = this;
      const { data, detector } = store;
      const image = data.images[i];
      const p = detector.pValues[i];
      /** @type {[name: string, value: string | null][]} */
      const further = Object.entries(data.columns)
        .filter(([, values]) => values[i] !== null)
        .map(([name, values]) => [name.replaceAll("_", " "), values[i]]);
      const chance = p !== null && p < 0.0001 ? "under 1 in 10\u202f000" : al.format(p, 2);
      /** @type {[name: string, value: string][]} */
      const byChance = p === null ? [] : [["chance among normal images", chance]];
      return [
        ["score", `${al.format(store.scores[i], 4)} (${store.state.detector})`],
        ["threshold", `${al.format(store.threshold.value, 4)}, so ${store.isAbove(i) ? "▲ above" : "▽ below"}`],
        ["rank", `${al.group(store.rankOf(i))} of ${al.group(data.nQueries)}`],
        ...byChance,
        ["label", al.classOf(image.label).name],
        ...further,
        ["original size", `${image.size[0]} × ${image.size[1]} px`],
        ["file", image.id],
      ];
    }
  };
})();
