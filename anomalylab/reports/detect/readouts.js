// What the threshold means in counts, rates and money.
(() => {
  "use strict";
  const al = window.anomalylab;
  const LINE = { defects: 5, missCost: 100, alarmCost: 1 };

  al.Readouts = class {
    /** @param {Al.Store} store */
    constructor(store) {
      this.store = store;
      /** @type {Al.Line} */
      this.line = { ...LINE };
      this.where = al.el("div", { class: "al-where" });
      this.counts = al.el("div", {
        class: `al-readouts ${store.data.isLabelled ? "al-is-judged" : ""}`,
        "aria-live": "polite",
      });
      this.node = al.el("div", {}, this.counts);
      this.onTheLine = al.el("div", { class: "al-tiles", "aria-live": "polite" });
      this.lineNode = store.data.isLabelled ? this.drawLine() : null;
      store.listen((changes) => {
        if ("detector" in changes || "threshold" in changes) this.update();
      });
      this.update();
    }

    update() {
      const { store } = this;
      this.drawWhere();
      const counts = al.confusion(store.scores, store.labels, store.threshold.value);
      this.counts.replaceChildren(...(store.data.isLabelled ? this.judged(counts) : this.unjudged(counts)));
      if (this.lineNode) this.onTheLine.replaceChildren(...this.lineTiles(al.rates(counts)));
    }

    // Which threshold this is, and the way back to those of the run.
    drawWhere() {
      const { store } = this;
      const { thresholds } = store.detector;
      const { threshold } = store;
      const { method, value } = threshold;
      const option = (/** @type {string} */ words, /** @type {string} */ key) =>
        al.el("option", { value: key, selected: key === (method || "") }, words);
      const choose = () => {
        const chosen = thresholds.find((t) => t.method === select.value);
        if (chosen) store.setThreshold(chosen);
      };
      const select = al.el(
        "select",
        { onchange: choose },
        ...thresholds.map((t) =>
          option(`${t.words}: ${al.format(t.value)}${t.isDefault ? ", used by the run" : ""}`, t.method),
        ),
        ...(method === null ? [option(`chosen on these images: ${al.format(value)}`, "")] : []),
      );
      const reset = al.el(
        "button",
        {
          type: "button",
          disabled: threshold.method !== null && threshold.isDefault,
          onclick: () => store.setThreshold(thresholds[0]),
        },
        "Reset",
      );
      const note =
        threshold.method === null
          ? "Chosen on these images: expect it to do a little worse on new ones."
          : `${threshold.note}${this.expected(threshold)}`;
      this.where.replaceChildren(
        al.el("label", { class: "al-field" }, al.el("span", {}, "Threshold"), select),
        reset,
        al.el("span", { class: method === null ? "al-note al-is-chosen" : "al-note" }, note),
      );
    }

    /**
     * How many good images a threshold of the run leads to expect beyond it, where it was found and here.
     * @param {Al.RunThreshold} threshold
     */
    expected({ expectedFalse, nImages }) {
      const { data, labels } = this.store;
      if (expectedFalse === null) return "";
      const there = `. Of ${al.count(nImages, "good image")} about ${al.format(expectedFalse, 2)} lie beyond it`;
      const n = data.isLabelled ? labels.filter((label) => label === 0).length : labels.length;
      if (data.isUnlabelled && n === nImages) return `${there}.`;
      const here = data.isLabelled ? `the ${al.group(n)} good ones here` : `${al.group(n)} here, if all are good,`;
      return `${there}, of ${here} about ${al.format((n * expectedFalse) / nImages, 2)}.`;
    }

    /** @param {Al.Counts} counts */
    judged(counts) {
      const rates = al.rates(counts);
      const good = counts.fp + counts.tn;
      const bad = counts.tp + counts.fn;
      const floor =
        counts.fp === 0 ? ` ${al.group(good)} good images cannot promise fewer than 1 in ${al.group(good + 1)}.` : "";
      return [
        this.table(counts),
        al.el(
          "div",
          { class: "al-tiles" },
          tile("Defects found", `${counts.tp} of ${bad}`, `recall ${interval(rates.recall)}`, "recall"),
          tile(
            "Alarms that are right",
            `${counts.tp} of ${counts.tp + counts.fp}`,
            `precision ${interval(rates.precision)}`,
            "precision",
          ),
          tile(
            "False alarms per 1\u202f000 good parts",
            rates.falseAlarms.value === null ? "–" : al.format(1000 * rates.falseAlarms.value, 3),
            `${range(rates.falseAlarms, (p) => al.format(1000 * p, 2))}.${floor}`,
            "false-alarms",
          ),
        ),
        ...this.ofTypes(),
      ];
    }

    ofTypes() {
      const { scores, threshold, data } = this.store;
      const rows = al
        .recallByType(scores, data.types, threshold.value)
        .map(({ type, found, n, recall }) =>
          al.el(
            "tr",
            { "data-type": type },
            al.el("th", { scope: "row" }, type),
            al.el("td", { class: "al-number" }, `${al.group(found)} of ${al.group(n)}`),
            al.el("td", { class: "al-number" }, interval(recall)),
          ),
        );
      const heads = ["Type of defect", "Found", "Recall"].map((words, i) =>
        al.el("th", { scope: "col", class: i ? "al-number" : "" }, words),
      );
      if (!rows.length) return [];
      const table = al.el("table", {}, al.el("thead", {}, al.el("tr", {}, ...heads)), al.el("tbody", {}, ...rows));
      return [al.el("div", { class: "al-table al-by-type" }, table)];
    }

    /** @param {Al.Counts} counts */
    table(counts) {
      const cell = (/** @type {number} */ n, /** @type {string} */ key, /** @type {string} */ words) =>
        al.el("td", { "data-count": key, class: `al-count-${key}` }, al.el("b", {}, al.group(n)), ` ${words}`);
      const row = (/** @type {string} */ words, /** @type {Element[]} */ ...cells) =>
        al.el("tr", {}, al.el("th", { scope: "row" }, words), ...cells);
      return al.el(
        "table",
        { class: "al-confusion" },
        al.el(
          "thead",
          {},
          al.el(
            "tr",
            {},
            al.el("td"),
            al.el("th", { scope: "col" }, "above threshold"),
            al.el("th", { scope: "col" }, "below"),
          ),
        ),
        al.el(
          "tbody",
          {},
          row("defective", cell(counts.tp, "tp", "found"), cell(counts.fn, "fn", "missed")),
          row(
            "good",
            cell(counts.fp, "fp", counts.fp === 1 ? "false alarm" : "false alarms"),
            cell(counts.tn, "tn", "passed"),
          ),
        ),
      );
    }

    /** @param {Al.Counts} counts */
    unjudged(counts) {
      const { expectedByChance } = this.store;
      const expected =
        expectedByChance === null
          ? "no number by chance is known for this threshold"
          : `about ${al.format(expectedByChance, 2)} would by chance among ${al.count(counts.n, "image")}`;
      return [
        al.el(
          "div",
          { class: "al-tiles" },
          tile("At or above the threshold", `${counts.flagged} of ${counts.n}`, expected, "flagged"),
        ),
        al.el("p", { class: "al-note" }, "No image here has a known label: misses and false alarms cannot be counted."),
      ];
    }

    drawLine() {
      /**
       * @param {string} words
       * @param {keyof Al.Line} key
       * @param {string} unit
       * @param {number} step
       */
      const field = (words, key, unit, step) => {
        const input = al.el("input", { type: "number", min: 0, step, value: this.line[key], "data-line": key });
        input.addEventListener("input", () => {
          if (input.value === "" || !(Number(input.value) >= 0)) return;
          this.line[key] = Math.min(Number(input.value), key === "defects" ? 1000 : Infinity);
          this.update();
        });
        return al.el(
          "label",
          { class: "al-field" },
          al.el("span", {}, words),
          input,
          al.el("span", { class: "al-unit" }, unit),
        );
      };
      return al.el(
        "div",
        { class: "al-stack al-line" },
        al.el(
          "div",
          { class: "al-fields" },
          field("Defects", "defects", "per 1\u202f000 parts", 0.1),
          field("Cost of a missed defect", "missCost", "", 1),
          field("Cost of a false alarm", "alarmCost", "", 0.1),
        ),
        this.onTheLine,
      );
    }

    /** @param {Al.Rates} rates */
    lineTiles({ recall, falseAlarms }) {
      if (recall.value === null || falseAlarms.value === null) return [];
      const here = al.onTheLine(recall.value, falseAlarms.value, this.line);
      const best = al.onTheLine(recall.high, falseAlarms.low, this.line);
      const worst = al.onTheLine(recall.low, falseAlarms.high, this.line);
      const show = (/** @type {keyof Al.OnTheLine} */ key) => `${amount(best[key])} to ${amount(worst[key])} (95 %)`;
      return [
        tile("Missed defects per 10\u202f000 parts", amount(here.misses), show("misses"), "line-misses"),
        tile("False alarms per 10\u202f000 parts", amount(here.falseAlarms), show("falseAlarms"), "line-alarms"),
        tile("Cost per 10\u202f000 parts", amount(here.cost), show("cost"), "line-cost"),
      ];
    }
  };

  const amount = (/** @type {number} */ value) => al.format(value, value >= 1000 ? 4 : 3);
  const range = (/** @type {Al.Share} */ share, /** @type {(share: number) => string} */ format) =>
    share.value === null ? "none to judge by" : `95 % interval ${format(share.low)} to ${format(share.high)}`;
  const percent = (/** @type {number} */ share) => al.percent(share, 3);
  const interval = (/** @type {Al.Share} */ share) =>
    share.value === null ? "– (none to judge by)" : `${percent(share.value)}, ${range(share, percent)}`;

  /**
   * @param {string} title
   * @param {string} value
   * @param {string} note
   * @param {string} key
   */
  function tile(title, value, note, key) {
    return al.el(
      "div",
      { class: "al-tile", "data-readout": key },
      al.el("span", { class: "al-tile-title" }, title),
      al.el("b", {}, value),
      al.el("span", { class: "al-note" }, note),
    );
  }
})();
