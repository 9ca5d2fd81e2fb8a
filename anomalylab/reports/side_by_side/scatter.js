// Rank against rank: an image a dot, the most unusual ones of both runs in the upper right corner.
(() => {
  "use strict";
  const al = window.anomalylab;
  const MARGIN = { left: 58, right: 14, top: 14, bottom: 44 };
  const MOST = 560; // pixels on either side

  const flagged = (/** @type {Al.ComparedStore} */ store, /** @type {Al.Method} */ method) =>
    store.data.images.filter((_, i) => store.isAbove(method, i)).length;

  al.RankScatter = class {
    /**
     * @param {Al.ComparedStore} store
     * @param {Al.ShowShared} show
     */
    constructor(store, show) {
      this.store = store;
      this.show = show;
      this.size = 0;
      this.drawn = al.el("div");
      this.node = al.el("div", { class: "al-ranks" }, this.drawn);
      store.listen(() => this.draw());
      al.whenResized(this.node, (width) => {
        this.size = Math.min(width, MOST);
        this.draw();
      });
    }

    get n() {
      return this.store.data.images.length;
    }
    /** @param {number} rank from 0.5 to n + 0.5 */
    part(rank) {
      return (this.n + 0.5 - rank) / this.n;
    }
    /** @param {number} rank */
    x(rank) {
      return MARGIN.left + this.part(rank) * (this.size - MARGIN.left - MARGIN.right);
    }
    /** @param {number} rank */
    y(rank) {
      return this.size - MARGIN.bottom - this.part(rank) * (this.size - MARGIN.top - MARGIN.bottom);
    }

    draw() {
      if (!this.size) return;
      const { store, size } = this;
      const alt =
        `Ranks of ${al.count(this.n, "image")} in ${store.a.name} and in ${store.b.name}; ` +
        `${al.count(store.listed("changed").length, "image")} changed sides. The list below holds the same images.`;
      const view = { viewBox: `0 0 ${size} ${size}`, width: size, height: size, class: "al-plot", role: "img" };
      const plot = al.svg("svg", { ...view, "aria-label": alt }, ...this.frame(), ...this.limits(), ...this.dots());
      this.drawn.replaceChildren(plot, al.el("p", { class: "al-note", role: "status" }, this.counts()));
    }

    frame() {
      const { size, store } = this;
      const marks = [1, ...al.ticks(1, this.n, 5).filter((mark) => mark > 1 && Number.isInteger(mark))];
      const text = (/** @type {string} */ words, /** @type {Al.Attributes} */ at) => al.svg("text", at, words);
      const end = 0.5;
      const lines = [
        `M${this.x(this.n + end)} ${this.y(this.n + end)}H${this.x(end)}`,
        `M${this.x(this.n + end)} ${this.y(this.n + end)}V${this.y(end)}`,
        `M${this.x(this.n + end)} ${this.y(this.n + end)}L${this.x(end)} ${this.y(end)}`,
      ];
      return [
        ...lines.map((d) => al.svg("path", { d, class: "al-cross" })),
        ...marks.flatMap((mark) => [
          text(al.group(mark), { x: this.x(mark), y: size - MARGIN.bottom + 17, "text-anchor": "middle" }),
          text(al.group(mark), { x: MARGIN.left - 8, y: this.y(mark) + 4, "text-anchor": "end" }),
        ]),
        text(`rank in ${store.a.name} →`, { x: size - MARGIN.right, y: size - 6, "text-anchor": "end" }),
        text(`rank in ${store.b.name} →`, {
          x: -MARGIN.top,
          y: 13,
          "text-anchor": "end",
          transform: "rotate(-90)",
        }),
      ];
    }

    // Lines where the thresholds lie.
    limits() {
      const { store, size } = this;
      const [x, y] = [this.x(flagged(store, store.a) + 0.5), this.y(flagged(store, store.b) + 0.5)];
      return [
        al.svg("path", { d: `M${x} ${MARGIN.top}V${size - MARGIN.bottom}`, class: "al-limit" }),
        al.svg("path", { d: `M${MARGIN.left} ${y}H${size - MARGIN.right}`, class: "al-limit" }),
      ];
    }

    // How many images each of the four fields holds.
    counts() {
      const { store } = this;
      const [onlyA, onlyB] = [store.listed("a").length, store.listed("b").length];
      const both = flagged(store, store.a) - onlyA;
      return (
        `Both flag ${al.count(both, "image")}, only ${store.a.name} ${al.group(onlyA)}, only ${store.b.name} ` +
        `${al.group(onlyB)}; neither flags ${al.group(this.n - both - onlyA - onlyB)}.`
      );
    }

    // Defects are drawn last, over the others.
    dots() {
      const { store, show } = this;
      const { images } = store.data;
      const rows = images
        .map((_, i) => i)
        .sort((i, k) => Number(images[i].label === 1) - Number(images[k].label === 1));
      return rows.map((i) => {
        const { label } = images[i];
        const dot = al.svg("circle", {
          cx: this.x(store.a.ranks[i]),
          cy: this.y(store.b.ranks[i]),
          r: label === 1 ? 5.5 : 4.5,
          fill: al.classOf(label).colour,
          class: store.hasChanged(i) ? "al-has-changed" : null,
          "data-image": i,
          onclick: () => show.open(i, store.listed("all")),
          onpointerleave: () => show.tip.hide(),
        });
        dot.addEventListener("pointermove", (event) =>
          show.tip.show(images[i], store.words(i), event.clientX, event.clientY),
        );
        return dot;
      });
    }
  };
})();
