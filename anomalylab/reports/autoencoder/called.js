// The threshold on residuals, moved: what it makes of the pixels of each type of defect, and of images.
(() => {
  "use strict";
  const al = window.anomalylab;
  const LAST = 255;
  const PAGE = 3;
  const ALL = "all";

  class Called {
    /** @param {Al.CalledPayload} data */
    constructor(data) {
      this.data = data;
      this.level = data.start;
      this.type = 0;
      this.average = 0;
      this.page = 0;
      this.colours = al.bytes(data.colours);
      /** @type {InstanceType<Al.Shared["ResidualRow"]>[]} */
      this.rows = [];
      this.bar = this.slider();
      this.chart = data.types.length ? new al.TauChart(data, (level) => this.set(level)) : null;
      this.values = al.el("div", { class: "al-table" });
      this.shots = al.el("div", { class: "al-shots" });
      this.shown = al.el("p", { class: "al-note", role: "status" });
      this.pages = this.pager();
      this.node = al.el(
        "div",
        { class: "al-live al-browse" },
        this.bar,
        this.from ?? null,
        this.counted(),
        this.pictures(),
      );
      this.turn(0);
      this.set(data.start);
    }

    slider() {
      const { data } = this;
      /** @type {HTMLInputElement} */
      const input = al.el("input", {
        type: "range",
        min: 0,
        max: LAST,
        step: 1,
        title: `In the unit of the residual: ${data.unit}`,
        "aria-label": "Threshold",
        oninput: () => this.set(Number(input.value)),
      });
      this.input = input;
      this.tau = al.el("b", { class: "al-tau-value" });
      this.from = al.el("p", { class: "al-note al-tau-from", role: "status" });
      this.buttons = data.taus.map((chosen) =>
        al.el("button", { type: "button", title: chosen.words, onclick: () => this.set(chosen.level) }, chosen.name),
      );
      const field = al.el("label", { class: "al-field al-tau-field" }, al.el("span", {}, "Threshold τ"), this.input);
      const chosen = al.el("div", { class: "al-segments", role: "group", "aria-label": "Chosen" }, ...this.buttons);
      return al.el("div", { class: "al-tau-bar" }, field, this.tau, chosen);
    }

    counted() {
      const { data, chart } = this;
      if (!chart) return al.el("p", { class: "al-note" }, "No test image has a mask, so that nothing can be counted.");
      const type = this.select(
        "Type of defect",
        data.types.map((one) => one.words),
        (place) => {
          this.type = place;
          this.turn(-this.page);
        },
      );
      const average = this.select(
        "Pixels",
        data.averages.map((name) => (name === "pooled" ? "of all images together" : "image by image, then the mean")),
        (place) => {
          this.average = place;
        },
      );
      const fields = al.el("div", { class: "al-fields" }, ...(data.types.length > 2 ? [type] : []), average);
      const note = al.el("p", { class: "al-note al-calls-nothing" });
      this.nothing = note;
      const side = al.el("div", { class: "al-panel" }, this.values, note);
      return al.el("div", { class: "al-panel" }, fields, al.el("div", { class: "al-beside" }, chart.node, side));
    }

    /**
     * @param {string} words
     * @param {string[]} names
     * @param {(place: number) => void} set
     */
    select(words, names, set) {
      /** @type {HTMLSelectElement} */
      const select = al.el(
        "select",
        {
          onchange: () => {
            set(select.selectedIndex);
            this.set(this.level);
          },
        },
        ...names.map((name) => al.el("option", {}, name)),
      );
      return al.el("label", { class: "al-field" }, al.el("span", {}, words), select);
    }

    pictures() {
      if (!this.data.images.length) return al.el("p", { class: "al-note" }, "The run holds no pictures.");
      /** @type {HTMLInputElement} */
      const over = al.el("input", {
        type: "checkbox",
        onchange: () => {
          this.node.classList.toggle("al-is-over", over.checked);
          this.set(this.level);
        },
      });
      const check = al.el("label", { class: "al-field" }, over, al.el("span", {}, "Lay what is called over the image"));
      const reading =
        "What is left: dark is nothing, bright is much, on one scale for all images. Called: white where it exceeds τ.";
      const head = al.el("div", { class: "al-fields" }, check, this.shown);
      return al.el(
        "div",
        { class: "al-panel" },
        head,
        al.el("p", { class: "al-note" }, reading),
        this.shots,
        this.pages,
      );
    }

    pager() {
      this.previous = al.el("button", { type: "button", onclick: () => this.turn(-1) }, "← Earlier images");
      this.next = al.el("button", { type: "button", onclick: () => this.turn(1) }, "Further images →");
      return al.el("div", { class: "al-fields" }, this.previous, this.next);
    }

    // Images of the type that is shown; good ones stand with all types.
    get images() {
      const name = this.data.types[this.type]?.name ?? ALL;
      return name === ALL ? this.data.images : this.data.images.filter((image) => image.type === name);
    }

    /** @param {number} by */
    turn(by) {
      this.page += by;
      const all = this.images;
      const first = this.page * PAGE;
      const some = all.slice(first, first + PAGE);
      this.rows = some.map((image) => new al.ResidualRow(image, this.colours));
      this.shots.replaceChildren(...this.rows.map((row) => row.node));
      this.shown.textContent = all.length
        ? `${first + 1} to ${first + some.length} of ${al.count(all.length, "image")} with pictures.`
        : "No image of this type has pictures.";
      const { previous, next } = this;
      if (previous && next) {
        previous.disabled = first === 0;
        next.disabled = first + PAGE >= all.length;
        if (by > 0 && next.disabled) previous.focus({ preventScroll: true });
        if (by < 0 && previous.disabled) next.focus({ preventScroll: true });
      }
      for (const row of this.rows) row.show(this.level);
    }

    /** @param {number} level */
    set(level) {
      this.level = level;
      const { data } = this;
      const tau = al.format((level * data.highest) / LAST);
      const chosen = data.taus.filter((one) => one.level === level);
      const input = al.given(this.input);
      input.value = String(level);
      al.given(this.tau).textContent = tau;
      const words = chosen.length
        ? chosen.map((one) => `Chosen ${one.name}. ${one.words}`).join(" ")
        : "Moved by you: chosen on these images, so that it may find less on others.";
      if (this.from && this.from.textContent !== words) this.from.textContent = words;
      input.setAttribute("aria-valuetext", tau);
      this.buttons?.forEach((button, i) => {
        button.setAttribute("aria-pressed", String(data.taus[i].level === level));
      });
      for (const row of this.rows) row.show(level);
      if (this.chart) this.count(level);
    }

    /** @param {number} level */
    count(level) {
      const { data } = this;
      const curve = data.curves[this.average][this.type];
      this.chart?.show(curve, level);
      const share = (/** @type {number | null | undefined} */ value) =>
        value === null || value === undefined ? "–" : al.percent(value);
      const row = (/** @type {Al.PixelRate} */ { key, name, meaning, colour }) =>
        al.el(
          "tr",
          {},
          al.el("th", { scope: "row" }, al.el("span", { class: "al-dot", style: `background:${colour}` }), name),
          al.el("td", { class: "al-number al-at-tau" }, share(curve[key][level])),
          al.el("td", { class: "al-words" }, meaning),
        );
      const head = ["Pixels", "At τ", "What it is"].map((words, i) =>
        al.el("th", { scope: "col", class: i === 1 ? "al-number" : null }, words),
      );
      this.values.replaceChildren(
        al.el("table", {}, al.el("thead", {}, al.el("tr", {}, ...head)), al.el("tbody", {}, ...data.rates.map(row))),
      );
      if (this.nothing) {
        this.nothing.textContent = `Calling nothing at all has an accuracy of ${share(curve.accuracy[LAST])}.`;
      }
    }
  }

  /** @param {Element} root */
  function start(root) {
    root.classList.add("al-is-live");
    if (root.querySelector(".al-still")) root.append(new Called(al.payload(root)).node);
  }

  document.querySelectorAll(".al-tau:not(.al-is-live)").forEach(start);
})();
