// Images in order of their score, each with its map and its nearest image from training.
(() => {
  "use strict";
  const al = window.anomalylab;
  const PAGE = 24;
  const FILTERS = [
    { key: "all", words: "All", isByLabel: false },
    { key: "above", words: "Above threshold", isByLabel: false },
    { key: "below", words: "Below", isByLabel: false },
    { key: "alarms", words: "False alarms", isByLabel: true },
    { key: "misses", words: "Misses", isByLabel: true },
  ];

  /** @typedef {{ key: string, badge: HTMLElement, button: HTMLButtonElement }} Filter */

  al.Gallery = class {
    /**
     * @param {Al.Store} store
     * @param {Al.Show} show
     */
    constructor(store, { open }) {
      this.store = store;
      /** @type {Map<string, HTMLElement>} pictures under their maps */
      this.painted = new Map();
      /** @type {Filter[]} */
      this.filters = FILTERS.filter((filter) => store.data.isLabelled || !filter.isByLabel).map((filter) =>
        this.filter(filter),
      );
      this.bar = al.el("div", { class: "al-bar" });
      this.summary = al.el("p", { class: "al-summary", role: "status" });
      this.node = al.el("div", { class: "al-browse" }, this.bar, this.summary);
      this.drawBar();
      this.model = new al.Model({
        on_click: "open",
        page_size: PAGE,
        empty: "No image passes these filters. Choose “All”, or clear the selection.",
        side: cardWidth(store.data.images),
        look: "al-pairs",
        list_name: "suspects.csv",
        wants: 0,
      });
      this.update({});
      al.gallery.render({ model: this.model, el: this.node });
      this.model.on("change:clicks", () => open(Number(this.model.get("active"))));
      this.model.on("change:wants", () =>
        this.model.update({ listed: { wants: Number(this.model.get("wants")), rows: store.listed() } }),
      );
      this.model.on("change:page", () => this.turn(this.model.get("page")));
      store.listen((changes) => this.update(changes));
    }

    /** @param {number | undefined} page */
    turn(page) {
      if (page === this.store.state.page) return;
      this.store.change({ page });
      this.bar.scrollIntoView({ block: "start" });
    }

    /** @param {Al.Changes} changes */
    update(changes) {
      this.node.style.setProperty("--al-opacity", String(this.store.state.opacity));
      const isLook = "opacity" in changes || "colourBy" in changes;
      if (isLook) return;
      if ("filter" in changes || "threshold" in changes || "detector" in changes || !("page" in changes))
        this.countFilters();
      const rows = this.store.ranked();
      const nPages = Math.max(1, Math.ceil(rows.length / PAGE));
      const page = al.clamp(this.store.state.page, 0, nPages - 1);
      this.store.state.page = page;
      this.drawSummary(rows.length);
      const shown = rows.slice(page * PAGE, (page + 1) * PAGE);
      this.painted = new Map(shown.map((i) => [this.key(i), this.paintedPicture(i)]));
      const sources = Object.fromEntries(shown.map((i) => [i, this.pictures(i)]));
      this.model.update({ items: shown.map((i) => this.item(i)), sources, n: rows.length, page });
    }

    drawBar() {
      const { store } = this;
      const columns = store.filterColumns().map(([name, values]) => this.columnFilter(name, values));
      /** @type {HTMLSelectElement} */
      const order = al.el(
        "select",
        { onchange: () => store.change({ order: order.value }) },
        ...Object.entries({
          high: "highest score first",
          low: "lowest score first",
          near: "nearest to the threshold",
        }).map(([value, words]) => al.el("option", { value }, words)),
      );
      /** @type {HTMLInputElement} */
      const search = al.el("input", {
        type: "search",
        placeholder: "part of a file name",
        "data-search": true,
        oninput: () => store.change({ search: search.value }),
      });
      const opacity = al.opacityControl(store);
      this.bar.append(
        al.el(
          "div",
          { class: "al-segments", role: "group", "aria-label": "Which images" },
          ...this.filters.map(({ button }) => button),
        ),
        ...columns,
        al.el("label", { class: "al-field" }, al.el("span", {}, "Order"), order),
        al.el("label", { class: "al-field" }, al.el("span", {}, "Find"), search),
        opacity,
        al.mapLegend(store.colours, store.data.stepsPerThreshold),
      );
    }

    /** @param {typeof FILTERS[number]} filter */
    filter({ key, words }) {
      const badge = al.el("span", { class: "al-badge" });
      const attributes = { type: "button", "data-filter": key, onclick: () => this.store.change({ filter: key }) };
      return { key, badge, button: al.el("button", attributes, words, " ", badge) };
    }

    /**
     * @param {string} name
     * @param {(string | null)[]} values
     */
    columnFilter(name, values) {
      const { store } = this;
      const select = al.el(
        "select",
        {
          "data-column": name,
          onchange: () => {
            const columns = { ...store.state.columns };
            delete columns[name];
            if (select.selectedIndex > 0) columns[name] = values[select.selectedIndex - 1];
            store.change({ columns });
          },
        },
        al.el("option", {}, "any"),
        ...values.map((value) => al.el("option", {}, value === null ? "none" : value)),
      );
      return al.el("label", { class: "al-field" }, al.el("span", {}, name.replaceAll("_", " ")), select);
    }

    countFilters() {
      this.filters.forEach(({ key, badge, button }) => {
        button.setAttribute("aria-pressed", String(key === this.store.state.filter));
        badge.textContent = al.group(this.store.countOf(key));
      });
    }

    /** @param {number} n */
    drawSummary(n) {
      const { selection } = this.store.state;
      const shown = `${al.count(n, "image")} of ${al.group(this.store.data.nQueries)}`;
      this.summary.replaceChildren(shown);
      if (selection === null) return;
      this.summary.append(
        al.el(
          "span",
          { class: "al-selected" },
          `${al.count(selection.size, "image")} selected in the embedding `,
          al.el("button", { type: "button", onclick: () => this.store.change({ selection: null }) }, "Clear selection"),
        ),
      );
    }

    /** @param {number} i */
    key(i) {
      return `${this.store.state.detector}/${i}`;
    }

    /**
     * Painting is dear and a threshold moves often: pictures that stay are kept.
     * @param {number} i
     */
    paintedPicture(i) {
      const { store } = this;
      const alt = al.describe(store, i);
      const kept = this.painted.get(this.key(i));
      if (!kept) return al.picture(store.data.images[i], { alt, maps: store.detectorMaps, query: i });
      al.given(kept.querySelector("img")).alt = alt;
      return kept;
    }

    /** @param {number} i */
    pictures(i) {
      const { data, detector } = this.store;
      const own = al.given(this.painted.get(this.key(i)));
      const neighbour = detector.neighbours[i];
      if (!neighbour) return [own];
      const image = data.images[neighbour.image];
      return [own, al.picture(image, { alt: `${al.nearestWords(data)}: ${image.id}` })];
    }

    /**
     * @param {number} i
     * @returns {Al.GalleryItem}
     */
    item(i) {
      const { store } = this;
      const image = store.data.images[i];
      return {
        id: String(i),
        title: al.describe(store, i),
        score: al.format(store.scores[i]),
        is_above: store.isAbove(i),
        label: image.label === null ? null : al.classOf(image.label).name,
        name: image.name,
      };
    }
  };

  /**
   * Two pictures side by side: narrow cards for tall images, broad ones for wide images.
   * @param {Al.DetectImage[]} images
   */
  function cardWidth(images) {
    const shapes = images.map(({ thumb: [width, height] }) => width / height).sort((a, b) => a - b);
    return Math.round(al.clamp(300 * Math.sqrt(shapes[shapes.length >> 1]), 200, 520));
  }

  al.nearestWords = (data) => (data.isUnlabelled ? "most similar other image" : "nearest training image");

  al.describe = (store, i) => {
    const image = store.data.images[i];
    const label = image.label === null ? "" : `, ${al.classOf(image.label).name}`;
    return (
      `${image.id}${label}, score ${al.format(store.scores[i])}, ${store.isAbove(i) ? "above" : "below"} ` +
      `the threshold`
    );
  };

  // One opacity for all maps; several controls may show it.
  al.opacityControl = (store) => {
    /** @type {HTMLInputElement} */
    const input = al.el("input", {
      type: "range",
      min: 0,
      max: 1,
      step: 0.05,
      value: store.state.opacity,
      "data-opacity": true,
      oninput: () => store.change({ opacity: Number(input.value) }),
    });
    store.listen(({ opacity }) => {
      if (opacity !== undefined) input.value = String(opacity);
    });
    return al.el("label", { class: "al-field" }, al.el("span", {}, "Map opacity"), input);
  };
})();
