// The images that one run flags and the other does not, each under both maps.
(() => {
  "use strict";
  const al = window.anomalylab;
  const PAGE = 24;

  al.ChangedSides = class {
    /**
     * @param {Al.ComparedStore} store
     * @param {Al.ShowShared} show
     */
    constructor(store, show) {
      this.store = store;
      this.filters = al.el("div", { class: "al-segments", role: "group", "aria-label": "Which images" });
      this.node = al.el(
        "div",
        { class: "al-browse" },
        al.el("div", { class: "al-bar" }, this.filters, al.mapLegend(store.colours, store.data.stepsPerThreshold)),
      );
      this.model = new al.Model({
        on_click: "open",
        page_size: PAGE,
        empty: "No image is of this kind. Choose “All images”.",
        side: 260,
        look: "al-pairs",
      });
      this.update();
      al.gallery.render({ model: this.model, el: this.node });
      this.model.on("change:clicks", () =>
        show.open(Number(this.model.get("active")), store.listed(store.state.filter)),
      );
      this.model.on("change:page", () => this.turn(this.model.get("page") ?? 0));
      store.listen(() => this.update());
    }

    /** @param {number} page */
    turn(page) {
      if (page === this.store.state.page) return;
      this.store.change({ page });
      this.node.scrollIntoView({ block: "start" });
    }

    update() {
      const { store } = this;
      this.drawFilters();
      const rows = store.listed(store.state.filter);
      const shown = rows.slice(store.state.page * PAGE, (store.state.page + 1) * PAGE);
      const pictures = (/** @type {number} */ i) =>
        [store.a, store.b].map((method) => store.picture(method, i, `${store.words(i)}; map of ${method.name}`));
      const sources = Object.fromEntries(shown.map((i) => [i, pictures(i)]));
      const caption = `${al.count(rows.length, "image")} of ${al.group(store.data.images.length)}`;
      const items = shown.map((i) => this.item(i));
      this.model.update({ items, sources, n: rows.length, page: store.state.page, caption });
    }

    drawFilters() {
      const { store } = this;
      /** @type {[key: string, words: string][]} */
      const filters = [
        ["changed", "Changed sides"],
        ["a", `Only ${store.a.name}`],
        ["b", `Only ${store.b.name}`],
        ["all", "All images"],
      ];
      if (store.data.isLabelled) filters.splice(3, 0, ["defects", "Changed: defects"], ["good", "Changed: good"]);
      const focused = this.filters.contains(document.activeElement);
      this.filters.replaceChildren(
        ...filters.map(([key, words]) =>
          al.el(
            "button",
            {
              type: "button",
              "data-filter": key,
              "aria-pressed": String(key === store.state.filter),
              onclick: () => store.change({ filter: key }),
            },
            words,
            " ",
            al.el("span", { class: "al-badge" }, al.group(store.listed(key).length)),
          ),
        ),
      );
      /** @type {HTMLElement | null} */
      const pressed = this.filters.querySelector("[aria-pressed=true]");
      if (focused) pressed?.focus();
    }

    /**
     * @param {number} i
     * @returns {Al.GalleryItem}
     */
    item(i) {
      const { store } = this;
      const { name, label } = store.data.images[i];
      return {
        id: String(i),
        title: store.words(i),
        label: label === null ? null : al.classOf(label).name,
        words: `${store.place(store.a, i)} → ${store.place(store.b, i)}`,
        name,
      };
    }
  };
})();
