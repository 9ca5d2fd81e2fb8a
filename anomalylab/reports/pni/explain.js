// One cell of an image beside the cells of the memory that it may be compared with, and the nearest that it may not.
(() => {
  "use strict";
  const al = window.anomalylab;
  const AROUND = 5; // cells a side of a little picture of the memory
  const ROLES = ["allowed", "refused", "position", "neighbourhood", "none"];
  const NO_MAP = { paint: () => {} };
  /** @type {Record<string, [number, number] | undefined>} */
  const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

  const share = (/** @type {number} */ value) => al.percent(value);

  class Explainer {
    /** @param {Al.ExplainPayload} data */
    constructor(data) {
      this.data = data;
      this.category = data.categories[0];
      this.image = this.category.images[0];
      this.cell = 0;
      const product = this.field("Product", () => this.chooseCategory(product.select.selectedIndex));
      const image = this.field("Image", () => this.chooseImage(image.select.selectedIndex));
      this.products = product.select;
      this.pictures = image.select;
      const changed = al.el(
        "button",
        { type: "button", onclick: () => this.choose(this.mostChanged()) },
        "Where the restriction changes most",
      );
      const highest = al.el(
        "button",
        { type: "button", onclick: () => this.choose(this.highest()) },
        "The highest score",
      );
      const fields = data.categories.length > 1 ? [product.node, image.node] : [image.node];
      const bar = al.el("div", { class: "al-bar" }, ...fields, changed, highest);
      this.products.replaceChildren(...data.categories.map((one) => al.el("option", {}, one.name)));
      this.stage = al.el("div", {
        class: "al-stage",
        tabindex: 0,
        role: "application",
        "aria-label": "Cells of the image. Arrow keys move to the next cell.",
      });
      this.stage.addEventListener("click", (event) => this.click(event));
      this.stage.addEventListener("keydown", (event) => this.press(event));
      this.words = al.el("div", { class: "al-stack", role: "status" });
      this.memory = al.el("div", { class: "al-stack" });
      const hint = al.el(
        "p",
        { class: "al-note" },
        "Click a cell, or move with the arrow keys. White line: the true defect, where known.",
      );
      const left = al.el("div", { class: "al-stack" }, this.stage, hint);
      this.node = al.el(
        "div",
        { class: "al-live al-browse" },
        bar,
        al.el("div", { class: "al-cell-view" }, left, this.words),
        this.memory,
      );
      this.chooseCategory(0);
    }

    /**
     * @param {string} words
     * @param {() => void} set
     */
    field(words, set) {
      /** @type {HTMLSelectElement} */
      const select = al.el("select", { onchange: set });
      return { select, node: al.el("label", { class: "al-field" }, al.el("span", {}, words), select) };
    }

    /** @param {number} number */
    chooseCategory(number) {
      this.category = this.data.categories[number];
      const names = this.category.images.map((image) => {
        const known = this.data.images[image.id];
        const type = image.type || al.classOf(image.label).name;
        return al.el("option", {}, `${known ? known.name : image.id} (${type})`);
      });
      this.pictures.replaceChildren(...names);
      this.chooseImage(0);
    }

    /** @param {number} number */
    chooseImage(number) {
      this.image = this.category.images[number];
      this.choose(this.mostChanged());
    }

    /** @param {number} cell */
    choose(cell) {
      this.cell = cell;
      this.draw();
    }

    highest() {
      const scores = this.image.scores.map((row) => row[0]);
      return scores.indexOf(Math.max(...scores));
    }

    // The cell whose score the restriction raises most; of equals the one that scores highest.
    mostChanged() {
      const { scores } = this.image;
      let best = 0;
      scores.forEach((row, i) => {
        const [by, than] = [row[0] - row[3], scores[best][0] - scores[best][3]];
        if (by > than || (by === than && row[0] > scores[best][0])) best = i;
      });
      return best;
    }

    // Row and column of the cell in the whole map.
    place() {
      const [top, , left, right] = this.image.box;
      const width = right - left + 1;
      return [top + Math.floor(this.cell / width), left + (this.cell % width)];
    }

    /**
     * @param {number} row
     * @param {number} col
     */
    at(row, col) {
      const [top, bottom, left, right] = this.image.box;
      const [y, x] = [al.clamp(row, top, bottom) - top, al.clamp(col, left, right) - left];
      return y * (right - left + 1) + x;
    }

    /** @param {MouseEvent} event */
    click(event) {
      const box = this.stage.getBoundingClientRect();
      const [rows, cols] = this.category.grid;
      const row = Math.floor(((event.clientY - box.top) / box.height) * rows);
      const col = Math.floor(((event.clientX - box.left) / box.width) * cols);
      this.choose(this.at(row, col));
    }

    /** @param {KeyboardEvent} event */
    press(event) {
      const step = STEPS[event.key];
      if (!step) return;
      event.preventDefault();
      const [row, col] = this.place();
      this.choose(this.at(row + step[0], col + step[1]));
    }

    draw() {
      this.drawImage();
      this.drawWords();
      this.drawMemory();
    }

    drawImage() {
      const { image, category } = this;
      const known = this.data.images[image.id];
      if (!known) return;
      const [row, col] = this.place();
      const drawn = { url: `data:image/webp;base64,${known.src}`, thumb: known.thumb, contour: known.contour };
      const options = { alt: image.id, maps: NO_MAP, cell: /** @type {Al.Pair} */ ([row, col]), grid: category.grid };
      this.stage.replaceChildren(al.picture(drawn, options));
    }

    drawWords() {
      const { image, category, cell } = this;
      const [row, col] = this.place();
      const [allowed, byPlace, byNeighbours] = image.counts[cell];
      const isClosed = image.fallback.includes(cell);
      const of = (/** @type {number} */ n) => `${al.group(n)} (${share(n / category.nBank)})`;
      const place = `Row ${row + 1}, column ${col + 1}: `;
      const first = isClosed
        ? `nothing in the memory is allowed here, so the ${this.data.fallback} of all counts.`
        : `of ${al.group(category.nBank)} cells in the memory ${of(allowed)} are allowed.`;
      const second = `Place alone would allow ${of(byPlace)}, neighbours alone ${of(byNeighbours)}.`;
      this.words.replaceChildren(
        al.el("p", { class: "al-cell-words" }, al.el("b", {}, place + first), ` ${second}`),
        this.bars(),
        al.el("p", { class: "al-note" }, this.meaning()),
      );
    }

    // Distances with both, with one of them, with neither.
    bars() {
      const scores = this.image.scores[this.cell];
      const most = Math.max(...scores) || 1;
      const rows = Object.entries(this.data.uses).map(([role, words], i) => {
        const bar = al.el("i", {
          style: `width:${(100 * scores[i]) / most}%`,
          class: role === "allowed" ? "al-is-main" : "",
        });
        const named = this.listed(role)[0];
        const picture = named ? this.crop(named, "al-crop al-is-small") : null;
        return al.el(
          "tr",
          {},
          al.el("th", { scope: "row" }, words),
          al.el("td", { class: "al-number" }, al.format(scores[i])),
          al.el("td", { class: "al-bar-cell", "aria-hidden": "true" }, bar),
          al.el("td", {}, picture),
        );
      });
      const head = ["Distance to the nearest cell", "", "", "which is"].map((words) =>
        al.el("th", { scope: "col" }, words),
      );
      return al.el(
        "div",
        { class: "al-table al-distances" },
        al.el("table", {}, al.el("thead", {}, al.el("tr", {}, ...head)), al.el("tbody", {}, ...rows)),
      );
    }

    meaning() {
      if (!this.data.isDirect) return "How these distances come about in this run is said above.";
      const [both, , , neither] = this.image.scores[this.cell];
      if (both === neither) {
        return "The nearest cell of the whole memory is allowed here, so the restriction changes nothing.";
      }
      const factor = neither > 0 ? `, ${al.format(both / neither, 3)} times as far` : "";
      return `PatchCore would take a nearer cell that does not fit here; PNI must go on to one that does${factor}.`;
    }

    /** @param {string} role */
    listed(role) {
      return this.image.listed[this.cell].filter((entry) => ROLES[entry[0]] === role);
    }

    drawMemory() {
      const allowed = this.listed("allowed").map((entry, i) => this.figure(entry, `Allowed, ${i + 1}`));
      const refused = this.listed("refused").map((entry) => this.figure(entry, "Nearest that is not allowed"));
      const none = al.el("p", { class: "al-note" }, "None.");
      const tau = share(this.category.tau);
      const which = this.category.isEither ? "either of two shares" : "the mean of two shares";
      const own = al.el(
        "figure",
        { class: "al-own" },
        this.own(),
        al.el("figcaption", {}, al.el("b", {}, "This cell")),
      );
      const parts = [
        al.el("h3", {}, "What this cell is compared with"),
        al.el("div", { class: "al-crops" }, own, ...(allowed.length ? allowed : [none]), ...refused),
        refused.length ? null : al.el("p", { class: "al-note" }, "No cell of the memory is refused here."),
        al.el(
          "p",
          { class: "al-note" },
          "Cells of good training images, outlined in blue, with what is around them. " +
            `A cell is allowed if ${which} is above ${tau}: how often its kind stood at this place in ` +
            "training images, and how likely the network of neighbours finds it here.",
        ),
      ];
      this.memory.replaceChildren(...parts.filter((part) => part !== null));
    }

    own() {
      const known = this.data.images[this.image.id];
      return known ? this.cut(known, this.place(), this.image.id, "al-crop") : null;
    }

    /**
     * @param {Al.ListedCell} entry
     * @param {string} title
     */
    figure(entry, title) {
      const [, , distance, ofPlace, ofNeighbours] = entry;
      const mean = (ofPlace + ofNeighbours) / 2;
      const lines = [
        `distance ${al.format(distance)}`,
        `place ${share(ofPlace)}, neighbours ${share(ofNeighbours)}, mean ${share(mean)}`,
      ];
      return al.el(
        "figure",
        { class: ROLES[entry[0]] === "refused" ? "al-is-refused" : "" },
        this.crop(entry, "al-crop"),
        al.el("figcaption", {}, al.el("b", {}, title), ...lines.flatMap((line) => [al.el("br"), line])),
      );
    }

    /**
     * @param {Al.ListedCell} entry
     * @param {string} className
     */
    crop(entry, className) {
      const [number, row, col] = this.category.memory[entry[1]];
      const id = this.category.images_of_memory[number];
      const known = this.data.images[id];
      if (!known) return al.el("span", { class: "al-note al-break" }, id);
      return this.cut(known, [row, col], `Row ${row + 1}, column ${col + 1} of ${id}`, className);
    }

    /**
     * A little picture of the cells around one; it is outlined.
     * @param {Al.PNIImage} image
     * @param {number[]} place
     * @param {string} alt
     * @param {string} className
     */
    cut(image, [row, col], alt, className) {
      const [rows, cols] = this.category.grid;
      const n = Math.min(AROUND, rows, cols);
      const half = (n - 1) / 2;
      const top = al.clamp(row - half, 0, rows - n);
      const left = al.clamp(col - half, 0, cols - n);
      const [width, height] = image.thumb;
      const drawn = { url: `data:image/webp;base64,${image.src}`, thumb: image.thumb, contour: image.contour };
      const whole = al.picture(drawn, { alt, cell: [row, col], grid: [rows, cols] });
      const place = `width:${(100 * cols) / n}%;left:${(-100 * left) / n}%;top:${(-100 * top) / n}%`;
      whole.setAttribute("style", `${whole.getAttribute("style")};${place}`);
      const shape = `aspect-ratio:${(width / cols).toFixed(4)}/${(height / rows).toFixed(4)}`;
      return al.el("span", { class: className, style: shape, title: alt }, whole);
    }
  }

  /** @param {Element} root */
  function start(root) {
    root.classList.add("al-is-live");
    const still = root.querySelector(".al-still");
    if (!still) return;
    const told = al.given(still.querySelector("p"));
    still.replaceWith(al.el("div", { class: "al-stack" }, told, new Explainer(al.payload(root)).node));
  }

  document.querySelectorAll(".al-explain:not(.al-is-live)").forEach(start);
})();
