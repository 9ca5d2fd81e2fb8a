// Anomaly maps: one byte a cell, enlarged bilinearly, coloured by a table of 256 colours.
(() => {
  "use strict";
  const al = window.anomalylab;

  al.Maps = class {
    /**
     * @param {{ grid: Al.Pair, maps: string }} detector
     * @param {Al.Bytes} colours
     */
    constructor(detector, colours) {
      const [rows, cols] = detector.grid;
      this.rows = rows;
      this.cols = cols;
      this.bytes = al.bytes(detector.maps);
      this.colours = colours;
    }

    /**
     * Paint the map of query i on a canvas of its own size.
     * @param {HTMLCanvasElement} canvas
     * @param {number} i
     */
    paint(canvas, i) {
      const { width, height } = canvas;
      const context = al.pen(canvas);
      const picture = context.createImageData(width, height);
      const x = corners(width, this.cols);
      const y = corners(height, this.rows);
      const start = i * this.rows * this.cols;
      for (let row = 0, at = 0; row < height; row += 1) {
        const top = start + y.low[row] * this.cols;
        const bottom = start + y.high[row] * this.cols;
        for (let col = 0; col < width; col += 1, at += 4) {
          const left = x.low[col];
          const right = x.high[col];
          const above = mix(this.bytes[top + left], this.bytes[top + right], x.part[col]);
          const below = mix(this.bytes[bottom + left], this.bytes[bottom + right], x.part[col]);
          const colour = 4 * Math.round(mix(above, below, y.part[row]));
          for (let channel = 0; channel < 4; channel += 1) {
            picture.data[at + channel] = this.colours[colour + channel];
          }
        }
      }
      context.putImageData(picture, 0, 0);
    }
  };

  const mix = (/** @type {number} */ a, /** @type {number} */ b, /** @type {number} */ part) => a + (b - a) * part;

  /**
   * For each of n pixels: the two cells between whose centres it lies, and how far along.
   * @param {number} n
   * @param {number} cells
   */
  function corners(n, cells) {
    const low = new Int32Array(n);
    const high = new Int32Array(n);
    const part = new Float32Array(n);
    for (let i = 0; i < n; i += 1) {
      const place = al.clamp(((i + 0.5) * cells) / n - 0.5, 0, cells - 1);
      low[i] = Math.floor(place);
      high[i] = Math.min(low[i] + 1, cells - 1);
      part[i] = place - low[i];
    }
    return { low, high, part };
  }

  // A bar that says what the colours mean: from half of the map threshold to four times it.
  al.mapLegend = (colours, steps) => {
    const width = 240;
    const canvas = al.el("canvas", { width, height: 1, class: "al-legend-bar", "aria-hidden": "true" });
    const context = al.pen(canvas);
    const picture = context.createImageData(width, 1);
    for (let x = 0; x < width; x += 1) {
      const byte = Math.min(255, Math.round(steps * 2 ** ((3 * x) / width - 1)));
      picture.data.set(colours.subarray(4 * byte, 4 * byte + 4), 4 * x);
    }
    context.putImageData(picture, 0, 0);
    const mark = (/** @type {string} */ words, /** @type {number} */ left) =>
      al.el("span", { style: `left:${left}%` }, words);
    const marks = [mark("½", 0), mark("map threshold", 100 / 3), mark("2×", 200 / 3), mark("4×", 100)];
    return al.el("div", { class: "al-legend" }, al.el("div", { class: "al-legend-scale" }, canvas, ...marks));
  };

  const path = (/** @type {Al.Contour} */ contour) =>
    contour.map((ring) => `M${ring.map((p) => p.join(" ")).join("L")}Z`).join("");

  // A picture with its map, the outline of the true defect and the cell that matched.
  al.picture = (image, { alt, maps = null, query = -1, cell = null, grid = null }) => {
    const [width, height] = image.thumb;
    /** @type {Element[]} */
    const layers = [al.el("img", { src: image.url, alt, width, height, draggable: "false" })];
    if (maps) {
      const canvas = al.el("canvas", { width, height, class: "al-map", "aria-hidden": "true" });
      maps.paint(canvas, query);
      layers.push(canvas);
    }
    /** @type {SVGElement[]} */
    const lines = [];
    if (maps && image.contour.length) {
      const d = path(image.contour);
      lines.push(al.svg("path", { d, class: "al-truth-halo" }), al.svg("path", { d, class: "al-truth" }));
    }
    if (cell && grid) {
      const [w, h] = [width / grid[1], height / grid[0]];
      const box = { x: cell[1] * w, y: cell[0] * h, width: w, height: h };
      lines.push(al.svg("rect", { ...box, class: "al-cell-halo" }), al.svg("rect", { ...box, class: "al-cell" }));
    }
    if (lines.length) {
      const view = { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" };
      layers.push(al.svg("svg", view, ...lines));
    }
    return al.el("span", { class: "al-picture", style: `aspect-ratio:${width}/${height}` }, ...layers);
  };
})();
