// Test images under the maps of PatchCore, PNI and PNI refined, marked from one level on that is fair to all.
(() => {
  "use strict";
  const al = window.anomalylab;
  const PAGE = 4;
  const NO_MAP = { paint: () => {} };

  class MapsSideBySide {
    /** @param {Al.MapsPayload} data */
    constructor(data) {
      this.data = data;
      this.category = data.categories[0];
      this.level = this.category.usual;
      this.pages = new al.ShotPages({
        size: PAGE,
        words: ["← Higher scores", "Lower scores →"],
        count: (group) => this.of(group).length,
        draw: () => this.draw(),
        top: () => this.node,
      });
      /** @type {HTMLSelectElement} */
      this.products = al.el("select", { onchange: () => this.start(this.products.selectedIndex) });
      this.products.replaceChildren(...data.categories.map((one) => al.el("option", {}, one.name)));
      const product = al.el("label", { class: "al-field" }, al.el("span", {}, "Product"), this.products);
      this.slider = al.el("input", { type: "range", min: 0, step: 1, oninput: () => this.move() });
      this.told = al.el("span", { class: "al-note", role: "status" });
      const control = al.el("label", { class: "al-field al-threshold" }, al.el("span", {}, "Threshold"), this.slider);
      const fields = data.categories.length > 1 ? [product, this.pages.groups] : [this.pages.groups];
      const bar = al.el("div", { class: "al-bar" }, ...fields, control, this.told);
      this.counts = al.el("div", { class: "al-table" });
      this.shots = al.el("div", { class: "al-shots" });
      const reading =
        "Coloured from the threshold on, the stronger the rarer such values are on good images. White line: " +
        "the true defect, where known. The threshold is chosen on these images; on others, as many marks on " +
        "good ones are not promised.";
      const note = al.el("p", { class: "al-note" }, reading);
      this.node = al.el("div", { class: "al-live al-browse" }, bar, this.counts, note, this.shots, this.pages.node);
      this.start(0);
    }

    /** @param {number} number */
    start(number) {
      this.category = this.data.categories[number];
      this.level = this.category.usual;
      this.slider.max = String(this.category.shares.length - 1);
      this.slider.value = String(this.level);
      this.pages.start("all");
    }

    move() {
      this.level = Number(this.slider.value);
      this.draw();
    }

    /** @param {string} group */
    of(group) {
      const { shown, labels } = this.category;
      const wanted = /** @type {Record<string, number | undefined>} */ ({ good: 0, defective: 1 })[group];
      return wanted === undefined ? shown : shown.filter((shot) => labels[shot.place] === wanted);
    }

    draw() {
      const { category } = this;
      const of = category.reference === "good" ? "cells of good images" : "all cells";
      const words = `marks at most ${al.percent(category.shares[this.level])} of ${of}`;
      this.told.textContent = words;
      this.slider.setAttribute("aria-valuetext", words);
      this.drawCounts();
      const colours = this.colours();
      const maps = category.ways.map((way) => new al.Maps(way, colours));
      const shown = this.pages.part(this.of(this.pages.group));
      this.shots.replaceChildren(...shown.map((shot) => this.article(shot, maps)));
    }

    // How many images have a marked cell, by map: those with defects, good ones, and others.
    drawCounts() {
      const { labels, ways } = this.category;
      const groups = /** @type {[string, Al.Label][]} */ ([
        ["Defective images with a mark", 1],
        ["Good images with a mark", 0],
        ["Other images with a mark", null],
      ]).filter(([, label]) => labels.includes(label));
      const rows = groups.map(([words, label]) => {
        const n = labels.filter((one) => one === label).length;
        const cells = ways.map((way) => {
          const marked = way.tops.filter((top, i) => labels[i] === label && top > this.level).length;
          return al.el("td", { class: "al-number" }, `${al.group(marked)} of ${al.group(n)}`);
        });
        return al.el("tr", {}, al.el("th", { scope: "row" }, words), ...cells);
      });
      const titles = ways.map((way) => al.el("th", { scope: "col", class: "al-number" }, way.title));
      const head = al.el("tr", {}, al.el("th", { scope: "col" }, "At this threshold"), ...titles);
      this.counts.replaceChildren(al.el("table", {}, al.el("thead", {}, head), al.el("tbody", {}, ...rows)));
    }

    // Nothing below the threshold; from it on amber to red.
    colours() {
      const table = new Uint8Array(256 * 4);
      const [from, to] = this.data.ramp;
      const n = this.category.shares.length;
      for (let byte = this.level + 1; byte < 256; byte += 1) {
        const part = al.clamp((byte - this.level - 1) / Math.max(1, n - this.level - 1), 0, 1);
        for (let i = 0; i < 3; i += 1) table[4 * byte + i] = from[i] + part * (to[i] - from[i]);
        table[4 * byte + 3] = 130 + 70 * part;
      }
      return table;
    }

    /**
     * @param {{ id: string, place: number, type: string, score: string }} shot
     * @param {Al.Maps[]} maps
     */
    article(shot, maps) {
      const { category, data } = this;
      const image = data.images[shot.id];
      const type = shot.type || al.classOf(category.labels[shot.place]).name;
      const title = al.el(
        "p",
        { class: "al-shot-title al-break", title: shot.id },
        al.el("b", {}, image ? image.name : shot.id),
      );
      title.append(` ${type}; score ${shot.score}`);
      const figures = [];
      if (image) {
        const drawn = { url: `data:image/webp;base64,${image.src}`, thumb: image.thumb, contour: image.contour };
        const query = category.shown.indexOf(shot);
        figures.push(this.figure(al.picture(drawn, { alt: shot.id, maps: NO_MAP }), "The image"));
        maps.forEach((map, i) => {
          const words = category.ways[i].title;
          figures.push(this.figure(al.picture(drawn, { alt: `${words} over ${shot.id}`, maps: map, query }), words));
        });
      }
      return al.el("article", { class: "al-shot" }, title, al.el("div", { class: "al-four" }, ...figures));
    }

    /**
     * @param {HTMLElement} picture
     * @param {string} words
     */
    figure(picture, words) {
      return al.el("figure", {}, picture, al.el("figcaption", {}, al.el("b", {}, words)));
    }
  }

  /** @param {Element} root */
  function start(root) {
    root.classList.add("al-is-live");
    const still = root.querySelector(".al-still");
    if (still) still.replaceWith(new MapsSideBySide(al.payload(root)).node);
  }

  document.querySelectorAll(".al-pni-maps:not(.al-is-live)").forEach(start);
})();
