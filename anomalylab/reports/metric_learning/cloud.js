// Images as points: near ones look alike to the network. The image appears at the pointer, or at the arrow keys.
(() => {
  "use strict";
  const al = window.anomalylab;
  const MARGIN = 16;
  const REACH = 14;
  const SERIES = [5, 3, 4, 2, 7, 1, 6].map((number) => `var(--series-${number})`);

  /** @type {Record<string, number | undefined>} */
  const KEYS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

  /** @typedef {{ words: string, colour: string }} Look */

  /**
   * What an image is, as far as is known; embedding.py draws by the same rule.
   * @param {Al.CloudPoint} point
   * @returns {Look}
   */
  function byTruth({ isTraining, label }) {
    if (isTraining && label !== 1) return { words: "training, normal", colour: "var(--hollow)" };
    if (label === null) return { words: "test, not known", colour: "var(--unknown)" };
    const where = isTraining ? "training" : "test";
    return label
      ? { words: `${where}, defective`, colour: "var(--anomalous)" }
      : { words: `${where}, good`, colour: "var(--normal)" };
  }

  class Cloud {
    /**
     * @param {Al.CloudPayload} data
     * @param {Element} root
     */
    constructor(data, root) {
      this.data = data;
      this.choice = new al.TrialChoice(data.trials);
      this.current = -1;
      this.width = 0;
      this.isByType = false;
      /** @type {Al.Pair[]} */
      this.places = [];
      /** @type {SVGCircleElement[]} */
      this.dots = [];
      this.tip = new al.Tip(root);
      this.svg = al.svg("svg", {
        class: "al-plot al-embedding-plot al-cloud",
        tabindex: 0,
        role: "application",
        "aria-label": "Images as points. Arrow keys step through the images from left to right.",
      });
      this.keys = al.el("p", { class: "al-note al-keys" });
      this.said = al.el("p", { class: "al-note al-break", role: "status" });
      this.choice.node.append(this.colouring());
      this.node = al.el("div", { class: "al-live al-browse" }, this.choice.node, this.svg, this.keys, this.said);
      this.listenToPointer();
      this.svg.addEventListener("keydown", (event) => this.key(event));
      this.svg.addEventListener("blur", () => this.tip.hide());
      al.whenResized(this.node, (width) => this.draw(width));
      this.choice.listen(() => this.draw(this.width));
    }

    get points() {
      return this.data.points[this.choice.place];
    }

    colouring() {
      /** @type {HTMLSelectElement} */
      const select = al.el(
        "select",
        { onchange: () => this.recolour(select.selectedIndex === 1) },
        al.el("option", {}, "good or defective"),
        al.el("option", {}, "type of defect"),
      );
      return al.el("label", { class: "al-field" }, al.el("span", {}, "Colour by"), select);
    }

    /** @param {boolean} isByType */
    recolour(isByType) {
      this.isByType = isByType;
      this.draw(this.width);
    }

    // The look of a point, and all looks that there are, in order.
    looks() {
      if (!this.isByType) {
        const all = this.points.map(byTruth);
        const words = ["training, normal", "test, good", "training, defective", "test, defective", "test, not known"];
        const keys = words.flatMap((one) => all.find((look) => look.words === one) ?? []);
        return { of: byTruth, keys };
      }
      const types = [...new Set(this.points.filter((p) => p.label === 1).map((p) => p.type || "defective"))].sort();
      /** @type {(point: Al.CloudPoint) => Look} */
      const of = (point) => {
        if (point.label !== 1) return byTruth(point);
        const type = point.type || "defective";
        return { words: type, colour: SERIES[types.indexOf(type) % SERIES.length] };
      };
      const others = this.points.filter((p) => p.label !== 1).map(byTruth);
      const keys = [...new Map(others.map((look) => [look.words, look])).values()];
      return { of, keys: [...keys, ...types.map((type, i) => ({ words: type, colour: SERIES[i % SERIES.length] }))] };
    }

    /** @param {number} width */
    draw(width) {
      if (!width) return;
      this.width = width;
      this.current = -1;
      this.tip.hide();
      const height = Math.round(Math.min(width, 520));
      this.places = placed(this.points, width, height);
      const { of, keys } = this.looks();
      this.dots = this.points.map((point, i) => {
        const [cx, cy] = this.places[i];
        return al.svg("circle", { cx, cy, r: point.isTraining ? 3.6 : 5, style: `fill:${of(point).colour}` });
      });
      al.set(this.svg, { viewBox: `0 0 ${width} ${height}`, width, height });
      const over = (/** @type {boolean} */ isTraining) =>
        this.dots.filter((_, i) => this.points[i].isTraining === isTraining);
      this.svg.replaceChildren(al.svg("g", {}, ...over(true)), al.svg("g", {}, ...over(false)));
      this.keys.replaceChildren(
        ...keys.map(({ words, colour }) =>
          al.el("span", { class: "al-key" }, al.el("i", { style: `background:${colour}` }), words),
        ),
      );
      this.said.textContent = `${al.count(this.points.length, "image")}. Point at one to see it.`;
    }

    listenToPointer() {
      const hover = (/** @type {PointerEvent} */ event) => {
        const box = this.svg.getBoundingClientRect();
        this.show(this.nearest(event.clientX - box.left, event.clientY - box.top), event.clientX, event.clientY);
      };
      this.svg.addEventListener("pointermove", hover);
      this.svg.addEventListener("pointerdown", hover);
      this.svg.addEventListener("pointerleave", () => this.show(-1, 0, 0));
    }

    /**
     * @param {number} x
     * @param {number} y
     */
    nearest(x, y) {
      let [best, least] = [-1, REACH * REACH];
      this.places.forEach(([px, py], i) => {
        const distance = (px - x) ** 2 + (py - y) ** 2;
        if (distance < least) [best, least] = [i, distance];
      });
      return best;
    }

    /**
     * @param {number} i the point, -1 for none
     * @param {number} x of the pointer in the window
     * @param {number} y
     */
    show(i, x, y) {
      this.dots.forEach((dot, k) => dot.classList.toggle("al-is-selected", k === i));
      if (i < 0) {
        this.tip.hide();
        return;
      }
      const point = this.points[i];
      const image = this.data.images[point.image];
      const distance = point.distance === null ? "" : `, distance ${al.format(point.distance)}`;
      const type = point.label === 1 && point.type ? `, ${point.type}` : "";
      const words = `${image.name}: ${byTruth(point).words}${type}${distance}`;
      this.tip.show({ url: image.src ? `data:image/webp;base64,${image.src}` : "data:," }, words, x, y);
      this.said.textContent = words;
    }

    /** @param {KeyboardEvent} event */
    key(event) {
      const by = KEYS[event.key];
      if (event.key === "Escape") this.show(-1, 0, 0);
      if (!by) return;
      event.preventDefault();
      const order = this.places.map((_, i) => i).sort((a, b) => this.places[a][0] - this.places[b][0]);
      const place = this.current < 0 && by < 0 ? 0 : order.indexOf(this.current);
      this.current = order[(place + by + order.length) % order.length];
      const box = this.svg.getBoundingClientRect();
      const [x, y] = this.places[this.current];
      this.show(this.current, box.left + x, box.top + y);
    }
  }

  /**
   * Places of points in a drawing, one unit as long on both axes.
   * @param {Al.CloudPoint[]} points
   * @param {number} width
   * @param {number} height
   * @returns {Al.Pair[]}
   */
  function placed(points, width, height) {
    const [xs, ys] = [points.map((p) => p.x), points.map((p) => p.y)];
    const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const zoom = Math.min((width - 2 * MARGIN) / (right - left || 1), (height - 2 * MARGIN) / (high - low || 1));
    return points.map(({ x, y }) => [
      width / 2 + (x - (left + right) / 2) * zoom,
      height / 2 - (y - (low + high) / 2) * zoom,
    ]);
  }

  /** @param {Element} root */
  function start(root) {
    root.classList.add("al-is-live");
    const still = root.querySelector(".al-still");
    if (still) still.replaceWith(new Cloud(al.payload(root), root).node);
  }

  document.querySelectorAll(".al-clouded:not(.al-is-live)").forEach(start);
})();
