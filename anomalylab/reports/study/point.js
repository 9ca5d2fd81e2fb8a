// The images behind a point of a curve: removed, left in, missed, or flagged though good.
(() => {
  "use strict";
  const al = window.anomalylab;
  const PAGE = 24;
  const NO_MAP = { paint: () => {} };

  /** @type {[key: string, words: string, title: string][]} */
  const GROUPS = [
    ["removed-defective", "Removed: defective", "Defective training images that were taken away"],
    ["removed-good", "Removed: good", "Good training images that were taken away"],
    ["left-defective", "Left in: defective", "Defective training images that the detector is fitted on"],
    ["missed", "Missed", "Defective test images below the threshold"],
    ["alarms", "False alarms", "Good test images at or above the threshold"],
  ];

  al.OpenedPoint = class {
    /** @param {Al.StudyStore} store */
    constructor(store) {
      this.store = store;
      this.title = al.el("p", { class: "al-opened-title", role: "status", tabindex: -1 });
      this.groups = al.el("div", { class: "al-segments", role: "group", "aria-label": "Which images" });
      this.seeds = al.el("div");
      this.view = al.el("div");
      this.large = new Large();
      this.node = al.el(
        "div",
        { class: "al-browse al-opened" },
        this.title,
        al.el("div", { class: "al-bar" }, this.groups, this.seeds),
        this.view,
        this.large.node,
      );
      this.model = new al.Model({
        on_click: "open",
        page_size: PAGE,
        empty: "No image is of this kind at this point.",
        side: 150,
      });
      al.gallery.render({ model: this.model, el: this.view });
      this.model.on("change:clicks", () => this.enlarge(Number(this.model.get("active"))));
      this.model.on("change:page", () => {
        const page = this.model.get("page") ?? 0;
        if (page !== store.state.page) store.change({ page });
      });
      /** @type {Al.Spot | null} */
      this.last = null;
      store.listen(() => this.update());
      this.update();
    }

    update() {
      const { store } = this;
      const { opened, group, page } = store.state;
      this.node.classList.toggle("al-is-empty", !opened);
      this.title.textContent = opened
        ? this.words(opened)
        : "Click a point of a curve, or “Images” in a table, to see which images are behind it.";
      this.drawGroups();
      this.drawSeeds();
      const { counted, nCells } = store.group(group);
      const shown = counted.slice(page * PAGE, (page + 1) * PAGE);
      const sources = Object.fromEntries(shown.map(({ i }) => [i, this.picture(i)]));
      const items = shown.map(({ i, n }) => this.item(i, n, nCells));
      const at = store.state.at === "verdict" ? "; flagged or not at the 5 % threshold" : "";
      const caption = opened ? `${al.count(counted.length, "image")}, over ${al.count(nCells, "draw")}${at}` : "";
      this.model.update({ items, sources, n: counted.length, page, caption });
      if (opened && opened !== this.last) this.node.scrollIntoView({ block: "start" });
      if (opened && opened !== this.last) this.title.focus({ preventScroll: true });
      this.last = opened;
    }

    /** @param {Al.Spot} spot */
    words(spot) {
      const { data } = this.store;
      const { name } = data.detectors[spot.detector];
      const product = spot.category === -1 ? "" : `${data.categories[spot.category]}: `;
      const polluted = `${product}${name}, ${al.percent(spot.pollution)} of the training images defective`;
      if (spot.strategy === -1) return `${polluted}, none removed`;
      const look = data.looks[spot.detector][spot.strategy];
      const share = look.isDashed ? "exactly the defective ones" : al.percent(spot.reject);
      return `${polluted}, ${share} removed by ${look.name}`;
    }

    drawGroups() {
      const { store } = this;
      const focused = this.groups.contains(document.activeElement);
      this.groups.replaceChildren(
        ...GROUPS.map(([key, words, title]) =>
          al.el(
            "button",
            {
              type: "button",
              title,
              "data-group": key,
              "aria-pressed": String(key === store.state.group),
              disabled: !store.state.opened,
              onclick: () => store.change({ group: key }),
            },
            words,
            " ",
            al.el("span", { class: "al-badge" }, al.group(store.group(key).counted.length)),
          ),
        ),
      );
      /** @type {HTMLElement | null} */
      const pressed = this.groups.querySelector("[aria-pressed=true]");
      if (focused) pressed?.focus();
    }

    drawSeeds() {
      const { store } = this;
      const seeds = [...new Set(store.data.cells.map((cell) => cell.seed))].sort((a, b) => a - b);
      /** @type {HTMLSelectElement} */
      const select = al.el(
        "select",
        {
          title: "Which images pollute, and which good ones leave, is drawn anew for each",
          onchange: () => store.change({ seed: select.selectedIndex ? seeds[select.selectedIndex - 1] : null }),
        },
        al.el("option", {}, "all draws"),
        ...seeds.map((seed) => al.el("option", {}, `draw ${seed}`)),
      );
      select.selectedIndex = store.state.seed === null ? 0 : 1 + seeds.indexOf(store.state.seed);
      const focused = this.seeds.contains(document.activeElement);
      this.seeds.replaceChildren(al.el("label", { class: "al-field" }, al.el("span", {}, "Show"), select));
      if (focused) select.focus();
    }

    /** @param {number} i */
    picture(i) {
      const image = this.store.data.images[i];
      return al.picture(image, { alt: image.id, maps: image.contour.length ? NO_MAP : null });
    }

    /**
     * @param {number} i
     * @param {number} n
     * @param {number} nCells
     * @returns {Al.GalleryItem}
     */
    item(i, n, nCells) {
      const { id, name, type } = this.store.data.images[i];
      const words = nCells > 1 ? `${n} of ${nCells}` : type;
      return {
        id: String(i),
        title: `${id}${type ? `, ${type}` : ""}: in ${n} of ${al.count(nCells, "draw")}`,
        words,
        name,
      };
    }

    /** @param {number} i */
    enlarge(i) {
      const image = this.store.data.images[i];
      this.large.show(image, this.picture(i));
    }
  };

  // One image by itself; Escape returns.
  class Large {
    constructor() {
      this.title = al.el("h3", { tabindex: -1 });
      this.place = al.el("div", { class: "al-large" });
      this.words = al.el("p", { class: "al-note al-break" });
      const close = al.el("button", { type: "button", onclick: () => this.node.close() }, "Close");
      /** @type {HTMLDialogElement} */
      this.node = al.el(
        "dialog",
        { class: "al-dialog", "aria-label": "Enlarged image" },
        al.el("header", {}, this.title, close),
        this.place,
        this.words,
      );
      this.node.addEventListener("click", (event) => {
        if (event.target === this.node) this.node.close();
      });
    }

    /**
     * @param {Al.StudyImage} image
     * @param {HTMLElement} picture
     */
    show(image, picture) {
      this.title.textContent = image.name;
      this.place.replaceChildren(picture);
      const known = image.contour.length ? " White line: the true defect." : "";
      const type = image.type ? `, ${image.type}` : "";
      this.words.textContent = `${image.id}: ${al.classOf(image.label).name}${type}.${known}`;
      this.node.showModal();
      this.title.focus();
    }
  }
})();
