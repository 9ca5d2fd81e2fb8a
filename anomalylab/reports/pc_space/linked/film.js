// The images of the page in a row, to choose one.
(() => {
  "use strict";
  const al = window.anomalylab;

  al.PcFilm = class {
    /** @param {Al.PcStore} store */
    constructor(store) {
      this.store = store;
      this.frames = store.data.images.map((image, i) => this.frame(image, i));
      this.node = al.el("div", { class: "al-pc-film", role: "group", "aria-label": "Images" }, ...this.frames);
      store.listen((changes) => {
        if ("i" in changes) this.mark();
      });
      this.mark();
    }

    /**
     * @param {Al.PcImageData} image
     * @param {number} i
     */
    frame(image, i) {
      const kind = al.classOf(image.label);
      const words = `${image.name}, ${kind.name}, score ${al.format(image.score)}`;
      const [width, height] = image.size;
      return al.el(
        "button",
        { type: "button", "data-i": i, "aria-label": words, title: words, onclick: () => this.store.open(i) },
        al.el("img", { src: image.url, alt: "", width, height, draggable: "false" }),
        al.el("span", { class: "al-pc-film-name" }, image.name.split("/").slice(-2).join("/")),
        al.el(
          "span",
          { class: "al-pc-film-score" },
          al.el("i", { class: "al-dot", style: `background:${kind.colour}` }),
          al.format(image.score, 2),
        ),
      );
    }

    mark() {
      const { i } = this.store.state;
      this.frames.forEach((frame, k) => frame.setAttribute("aria-pressed", String(k === i)));
      const frame = this.frames[i];
      const [from, to] = [frame.offsetLeft - this.node.offsetLeft, this.node.scrollLeft];
      if (from < to || from + frame.offsetWidth > to + this.node.clientWidth) this.node.scrollLeft = from - 40;
    }
  };
})();
