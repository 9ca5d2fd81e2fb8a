// Curves with bands, named at their ends; a point can be clicked, a slider's place is marked.
(() => {
  "use strict";
  const al = window.anomalylab;
  const MARGIN = { left: 62, right: 16, top: 14, bottom: 44 };
  const LETTER = 7.4; // pixels of a letter of a name
  const LONGEST = 15; // letters of a name that fit beside a line
  const APART = 16;

  // All that is measured lies between 0 and 1, and so do bands.
  const below = (/** @type {number} */ y, /** @type {number} */ half) => Math.max(0, y - half);
  const above = (/** @type {number} */ y, /** @type {number} */ half) => Math.min(1, y + half);

  // At guessing, or nearer where all values are far above it; metrics/in_studies.py does the same.
  const axisFloor = (/** @type {number} */ floor, /** @type {number} */ least) =>
    floor ? Math.max(floor, (Math.floor(10 * least + 1e-9) - 1) / 10) : floor;

  // Moves places apart until each two differ by some pixels, none beyond the bottom.
  function apart(/** @type {number[]} */ places, /** @type {number} */ bottom) {
    const order = places.map((_, i) => i).sort((a, b) => places[a] - places[b]);
    const found = [...places];
    for (let k = 1; k < order.length; k += 1) {
      found[order[k]] = Math.max(found[order[k]], found[order[k - 1]] + APART);
    }
    let limit = bottom;
    for (const i of order.reverse()) {
      found[i] = Math.min(found[i], limit);
      limit = found[i] - APART;
    }
    return found;
  }

  al.BandChart = class {
    /**
     * @param {() => Al.BandView} view
     * @param {() => string} title
     */
    constructor(view, title) {
      this.view = view;
      this.title = title;
      this.width = 0;
      this.heading = al.el("h4");
      this.drawn = al.el("div");
      this.node = al.el("figure", { class: "al-bands" }, this.heading, this.drawn);
      al.whenResized(this.node, (width) => {
        this.width = width;
        this.draw();
      });
    }

    draw() {
      if (!this.width) return;
      this.heading.textContent = this.title();
      const view = this.view();
      const lines = view.lines.filter((line) => line.points.length);
      if (!lines.length) {
        this.drawn.replaceChildren(al.el("p", { class: "al-note" }, "This was not measured."));
        return;
      }
      const longest = Math.max(...lines.map((line) => line.name.length));
      const isLong = longest > LONGEST;
      const height = Math.round(al.clamp(this.width * 0.66, 220, 340));
      const right = this.width - (isLong ? MARGIN.right : MARGIN.right + 18 + LETTER * longest);
      const place = this.places(lines, view.floor, height, right);
      const alt = `${view.yLabel} against ${view.xLabel}: ${lines.map((line) => line.name).join(", ")}.`;
      const box = { viewBox: `0 0 ${this.width} ${height}`, width: this.width, height, class: "al-plot", role: "img" };
      const plot = al.svg(
        "svg",
        { ...box, "aria-label": alt },
        ...this.frame(view, place, height, right),
        ...this.marked(view, place, height),
        ...lines.map((line) => this.band(line, place)),
        ...lines.flatMap((line) => this.line(line, place, view)),
        ...(isLong ? [] : this.names(lines, place, height)),
      );
      this.drawn.replaceChildren(plot, isLong ? keys(lines) : "");
    }

    /**
     * Scales of both axes.
     * @param {Al.BandLine[]} lines
     * @param {number} floor
     * @param {number} height
     * @param {number} right
     */
    places(lines, floor, height, right) {
      const all = lines.flatMap((line) => line.points);
      const least = Math.min(...all.map(({ y, half }) => below(y, half)));
      const low = Math.min(axisFloor(floor, least), Math.floor(least * 20) / 20);
      const high = Math.max(...all.map(({ y, half }) => above(y, half)), low + 0.05);
      const first = Math.min(...all.map(({ x }) => x));
      const last = Math.max(...all.map(({ x }) => x), first + 1e-3);
      return {
        ends: { low, high, first, last },
        x: (/** @type {number} */ x) => MARGIN.left + ((x - first) / (last - first)) * (right - MARGIN.left),
        y: (/** @type {number} */ y) =>
          height - MARGIN.bottom - ((y - low) / (high - low)) * (height - MARGIN.top - MARGIN.bottom),
      };
    }

    /**
     * @param {Al.BandView} view
     * @param {Al.BandPlace} place
     * @param {number} height
     * @param {number} right
     */
    frame(view, place, height, right) {
      const { low, high, first, last } = place.ends;
      const bottom = height - MARGIN.bottom;
      const up = al.ticks(low, high, 5);
      const along = al.ticks(first, last, al.clamp((right - MARGIN.left) / 62, 2, 6));
      const told = view.isShare ? al.percent : al.tickWords(up);
      const text = (/** @type {string} */ words, /** @type {Al.Attributes} */ at) => al.svg("text", at, words);
      return [
        ...up.flatMap((mark) => [
          al.svg("path", { d: `M${MARGIN.left} ${place.y(mark)}H${right}`, class: "al-grid" }),
          text(told(mark), { x: MARGIN.left - 7, y: place.y(mark) + 4, "text-anchor": "end" }),
        ]),
        ...along.map((mark) => text(al.percent(mark), { x: place.x(mark), y: bottom + 17, "text-anchor": "middle" })),
        text(`${view.xLabel} →`, { x: right, y: height - 6, "text-anchor": "end" }),
        text(`${view.yLabel} →`, { x: -MARGIN.top, y: 11, "text-anchor": "end", transform: "rotate(-90)" }),
      ];
    }

    /**
     * @param {Al.BandView} view
     * @param {Al.BandPlace} place
     * @param {number} height
     */
    marked(view, place, height) {
      if (view.mark === null) return [];
      return [
        al.svg("path", { d: `M${place.x(view.mark)} ${MARGIN.top}V${height - MARGIN.bottom}`, class: "al-mark" }),
      ];
    }

    /**
     * @param {Al.BandLine} line
     * @param {Al.BandPlace} place
     */
    band(line, place) {
      const over = line.points.map(({ x, y, half }) => `${place.x(x)} ${place.y(above(y, half))}`);
      const under = line.points.map(({ x, y, half }) => `${place.x(x)} ${place.y(below(y, half))}`).reverse();
      return al.svg("path", { d: `M${[...over, ...under].join("L")}Z`, fill: line.colour, class: "al-band" });
    }

    /**
     * @param {Al.BandLine} line
     * @param {Al.BandPlace} place
     * @param {Al.BandView} view
     */
    line(line, place, view) {
      const d = `M${line.points.map(({ x, y }) => `${place.x(x)} ${place.y(y)}`).join("L")}`;
      const dash = line.isDashed ? "6 4" : null;
      const dots = line.points.map(({ x, y, half, spot }) => {
        const words = `${line.name}, ${al.percent(x)}: ${view.words(y)} ± ${view.words(half)}. Click: its images`;
        const at = { cx: place.x(x), cy: place.y(y), r: 5, fill: line.colour, class: "al-point" };
        return al.svg("circle", { ...at, onclick: () => view.pick(spot) }, al.svg("title", {}, words));
      });
      return [al.svg("path", { d, stroke: line.colour, class: "al-curve", "stroke-dasharray": dash }), ...dots];
    }

    /**
     * @param {Al.BandLine[]} lines
     * @param {Al.BandPlace} place
     * @param {number} height
     */
    names(lines, place, height) {
      const ends = lines.map((line) => line.points[line.points.length - 1]);
      const heights = apart(
        ends.map(({ y }) => place.y(y)),
        height - MARGIN.bottom,
      );
      return lines.map((line, i) =>
        al.svg(
          "text",
          { x: place.x(place.ends.last) + 8, y: heights[i] + 4, class: "al-strong" },
          al.svg("tspan", { style: `fill:${line.colour}` }, "● "),
          line.name,
        ),
      );
    }
  };

  const keys = (/** @type {Al.BandLine[]} */ lines) =>
    al.el(
      "p",
      { class: "al-note al-keys" },
      ...lines.map((line) =>
        al.el("span", { class: "al-key" }, al.el("i", { style: `background:${line.colour}` }), line.name),
      ),
    );
})();
