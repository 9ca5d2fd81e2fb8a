// One image, large, under the maps of both runs.
(() => {
  "use strict";
  const al = window.anomalylab;

  al.BothMaps = class {
    /** @param {Al.ComparedStore} store */
    constructor(store) {
      this.store = store;
      /** @type {number[]} */
      this.rows = [];
      this.at = 0;
      this.title = al.el("h3", { tabindex: -1 });
      this.pictures = al.el("div", { class: "al-pair" });
      this.facts = al.el("dl", { class: "al-facts" });
      const button = (/** @type {string} */ words, /** @type {() => void} */ act) =>
        al.el("button", { type: "button", onclick: act }, words);
      const buttons = al.el(
        "div",
        { class: "al-fields" },
        button("← Previous", () => this.step(-1)),
        button("Next →", () => this.step(1)),
        button("Close", () => this.node.close()),
      );
      this.node = al.el(
        "dialog",
        { class: "al-dialog", "aria-label": "Enlarged image" },
        al.el("header", {}, this.title, buttons),
        this.pictures,
        al.mapLegend(store.colours, store.data.stepsPerThreshold),
        this.facts,
      );
      this.node.addEventListener("keydown", (event) => {
        const by = al.ARROWS[event.key];
        if (by) this.step(by);
      });
      this.node.addEventListener("click", (event) => {
        if (event.target === this.node) this.node.close();
      });
    }

    /**
     * @param {number} i
     * @param {number[]} among
     */
    show(i, among) {
      this.rows = among;
      this.at = among.indexOf(i);
      this.draw();
      if (!this.node.open) this.node.showModal();
      this.title.focus();
    }

    /** @param {number} by */
    step(by) {
      this.at = (this.at + by + this.rows.length) % this.rows.length;
      this.draw();
    }

    draw() {
      const { store } = this;
      const i = this.rows[this.at];
      const { id, files, label, contour } = store.data.images[i];
      this.title.textContent = id;
      this.pictures.replaceChildren(...[store.a, store.b].map((method) => this.figure(method, i)));
      /** @type {[name: string, value: string][]} */
      const facts = [
        ["class", al.classOf(label).name],
        ["sides", store.hasChanged(i) ? "changed" : "the same in both"],
        [files.length > 1 ? "files" : "file", files.join(", ")],
      ];
      if (contour.length) facts.push(["white line", "the true defect"]);
      this.facts.replaceChildren(...facts.flatMap(([name, value]) => [al.el("dt", {}, name), al.el("dd", {}, value)]));
    }

    /**
     * @param {Al.Method} method
     * @param {number} i
     */
    figure(method, i) {
      const { store } = this;
      const words =
        `${method.name}: score ${al.format(method.scores[i])}, threshold ${al.format(method.threshold)}, so ` +
        `${store.isAbove(method, i) ? "▲ flagged" : "▽ passed"}; rank ${al.group(method.ranks[i])} of ` +
        `${al.group(store.data.images.length)}${method.maps ? "" : "; its maps are on its own page"}`;
      return al.el("figure", {}, store.picture(method, i, words), al.el("figcaption", {}, words));
    }
  };
})();
