// Rates of pixels over all thresholds; the one that is shown moves along, and can be dragged.
(() => {
  "use strict";
  const al = window.anomalylab;
  const MARGIN = { left: 52, right: 14, top: 12, bottom: 42 };
  const LAST = 255;

  al.TauChart = class {
    /**
     * @param {Al.CalledPayload} data
     * @param {(level: number) => void} set
     */
    constructor(data, set) {
      this.data = data;
      this.set = set;
      this.width = 0;
      this.level = data.start;
      /** @type {Al.RatesOverLevels} */
      this.curve = {};
      this.svg = al.svg("svg", { class: "al-tau-plot", role: "img" });
      this.node = al.el("div", { class: "al-chart" }, this.svg);
      this.listenToPointer();
      al.whenResized(this.node, (width) => {
        this.width = Math.min(width, 640);
        this.draw();
      });
    }

    /**
     * @param {Al.RatesOverLevels} curve
     * @param {number} level
     */
    show(curve, level) {
      this.curve = curve;
      this.level = level;
      this.draw();
    }

    get height() {
      return Math.round(al.clamp(this.width * 0.62, 220, 360));
    }

    /** @param {number} level */
    x(level) {
      return MARGIN.left + (level / LAST) * (this.width - MARGIN.left - MARGIN.right);
    }

    /** @param {number} share */
    y(share) {
      return this.height - MARGIN.bottom - share * (this.height - MARGIN.top - MARGIN.bottom);
    }

    draw() {
      const { width, height } = this;
      if (!width) return;
      const names = this.data.rates.map((rate) => rate.name).join(", ");
      al.set(this.svg, {
        viewBox: `0 0 ${width} ${height}`,
        width,
        height,
        "aria-label": `${names} over all thresholds`,
      });
      this.svg.replaceChildren(
        ...this.frame(),
        ...this.data.rates.map((rate) => this.line(rate)),
        ...this.chosen(),
        al.svg("path", { class: "al-tau-mark", d: `M${this.x(this.level)} ${MARGIN.top}V${height - MARGIN.bottom}` }),
        ...this.data.rates.flatMap((rate) => this.dot(rate)),
      );
    }

    frame() {
      const { width, height, data } = this;
      const bottom = height - MARGIN.bottom;
      const text = (/** @type {string} */ words, /** @type {Al.Attributes} */ at) => al.svg("text", at, words);
      const up = [0, 0.25, 0.5, 0.75, 1];
      const along = al.ticks(0, data.highest, al.clamp((width - MARGIN.left) / 80, 2, 6));
      const told = al.tickWords(along);
      return [
        ...up.flatMap((mark) => [
          al.svg("path", { class: "al-grid", d: `M${MARGIN.left} ${this.y(mark)}H${width - MARGIN.right}` }),
          text(al.percent(mark), { x: MARGIN.left - 7, y: this.y(mark) + 4, "text-anchor": "end" }),
        ]),
        ...along.map((mark) =>
          text(told(mark), { x: this.x((mark / data.highest) * LAST), y: bottom + 17, "text-anchor": "middle" }),
        ),
        text("threshold τ →", { x: width - MARGIN.right, y: height - 5, "text-anchor": "end" }),
      ];
    }

    /** @param {Al.PixelRate} rate */
    line({ key, colour }) {
      const values = this.curve[key] ?? [];
      const points = values.flatMap((value, level) =>
        value === null ? [] : [`${this.x(level).toFixed(1)} ${this.y(value).toFixed(1)}`],
      );
      const dash = key === "accuracy" ? "5 4" : null;
      const d = points.length ? `M${points.join("L")}` : "";
      return al.svg("path", { class: "al-curve", stroke: colour, d, "stroke-dasharray": dash });
    }

    // Where thresholds were chosen.
    chosen() {
      const bottom = this.height - MARGIN.bottom;
      return this.data.taus.map(({ level, name }) =>
        al.svg("path", { class: "al-tau-chosen", d: `M${this.x(level)} ${bottom}v7` }, al.svg("title", {}, name)),
      );
    }

    /** @param {Al.PixelRate} rate */
    dot({ key, colour }) {
      const value = this.curve[key]?.[this.level];
      if (value === null || value === undefined) return [];
      return [al.svg("circle", { cx: this.x(this.level), cy: this.y(value), r: 4.5, fill: colour })];
    }

    listenToPointer() {
      const move = (/** @type {PointerEvent} */ event) => {
        if (!(event.buttons & 1)) return;
        const box = this.svg.getBoundingClientRect();
        const share = (event.clientX - box.left - MARGIN.left) / (box.width - MARGIN.left - MARGIN.right);
        this.set(Math.round(al.clamp(share, 0, 1) * LAST));
      };
      this.svg.addEventListener("pointerdown", (event) => {
        this.svg.setPointerCapture(event.pointerId);
        move(event);
      });
      this.svg.addEventListener("pointermove", move);
    }
  };
})();
