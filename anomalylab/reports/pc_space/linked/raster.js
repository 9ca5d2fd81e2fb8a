// Points as a picture: counts in cells of one pixel, shaded; chosen points over the others.
(() => {
  "use strict";
  const al = window.anomalylab;

  // Few points are drawn larger, so that one alone is seen.
  const sizeOf = (/** @type {number} */ n) => (n > 40000 ? 1 : n > 2500 ? 2 : 3);

  /** @typedef {[across: Float32Array, down: Float32Array]} Places */

  /**
   * Places of the points in a picture, from 0 to side; y runs down.
   * @param {Al.Coordinates} cloud
   * @param {Al.Plane} plane
   * @param {number} side
   * @returns {Places}
   */
  function placesOf(cloud, { x, y, view: [left, right, bottom, top] }, side) {
    const [sx, sy] = [side / (right - left), side / (top - bottom)];
    return [cloud.along[x].map((value) => (value - left) * sx), cloud.along[y].map((value) => (top - value) * sy)];
  }

  /**
   * The cell of each point, or -1 for points out of sight.
   * @param {Places} places
   * @param {number} side
   */
  function cellsOf([across, down], side) {
    const cells = new Int32Array(across.length);
    for (let i = 0; i < cells.length; i += 1) {
      const x = across[i];
      const y = down[i];
      cells[i] = x >= 0 && x < side && y >= 0 && y < side ? Math.floor(y) * side + Math.floor(x) : -1;
    }
    return cells;
  }

  /**
   * Places on the way from one plane to another: where an axis is exchanged, the cloud turns.
   * @param {Places} from
   * @param {Places} to
   * @param {number} part
   * @param {boolean[]} isTurned across, down
   * @param {number} side
   * @returns {Places}
   */
  function between(from, to, part, isTurned, side) {
    const middle = side / 2;
    const turn = (part * Math.PI) / 2;
    const along = (/** @type {0 | 1} */ k) => {
      const [before, after] = isTurned[k] ? [Math.cos(turn), Math.sin(turn)] : [1 - part, part];
      return from[k].map((value, i) => middle + before * (value - middle) + after * (to[k][i] - middle));
    };
    return [along(0), along(1)];
  }

  /**
   * @param {Int32Array} cells
   * @param {number} side
   * @param {Al.Lit} lit
   * @param {number} ratio
   */
  function countsOf(cells, side, lit, ratio) {
    let n = 0;
    for (let i = 0; i < cells.length; i += 1) if (cells[i] >= 0 && (!lit || lit[i])) n += 1;
    const size = Math.max(1, Math.round(sizeOf(n) * ratio));
    const counts = new Uint32Array(side * side);
    for (let i = 0; i < cells.length; i += 1) {
      const cell = cells[i];
      if (cell < 0 || (lit && !lit[i])) continue;
      const right = Math.min(size, side - (cell % side));
      const below = Math.min(cell + size * side, counts.length);
      for (let start = cell; start < below; start += side)
        for (let at = start; at < start + right; at += 1) counts[at] += 1;
    }
    return counts;
  }

  /**
   * Share of the palette for each count from 0 on: equal steps are equal factors, or equal areas.
   * @param {Uint32Array} counts
   * @param {string} how
   */
  function sharesOf(counts, how) {
    let most = 0;
    for (let i = 0; i < counts.length; i += 1) if (counts[i] > most) most = counts[i];
    if (how === "log")
      return new Float64Array(most + 1).map((_, count) => Math.log1p(count) / Math.log1p(Math.max(most, 1)));
    const cells = new Float64Array(most + 1);
    for (let i = 0; i < counts.length; i += 1) cells[counts[i]] += 1;
    cells[0] = 0;
    const all = cells.reduce((a, b) => a + b, 0) || 1;
    let below = 0;
    return cells.map((n) => {
      below += n;
      return (below - n) / all;
    });
  }

  // The 256 colours of a palette as pixels.
  const tableOf = (/** @type {Uint8Array} */ palette) =>
    new Uint32Array(
      Uint8Array.from({ length: 1024 }, (_, k) => (k % 4 === 3 ? 255 : palette[3 * (k >> 2) + (k % 4)])).buffer,
    );

  /**
   * @param {Uint32Array} pixels
   * @param {Uint32Array} counts
   * @param {Uint8Array} palette
   * @param {number} faintest
   * @param {string} how
   */
  function paint(pixels, counts, palette, faintest, how) {
    const table = tableOf(palette);
    const colours = sharesOf(counts, how).map((share) => table[Math.round(faintest + share * (255 - faintest))]);
    for (let i = 0; i < counts.length; i += 1) if (counts[i]) pixels[i] = colours[counts[i]];
  }

  // A picture of side x side pixels, clear where no window is; `ratio` pixels make one of the page.
  // `plane` is what to show: axes x and y and the view; a part of the way from `last`, if given.
  al.pcRaster = (cloud, { plane, last = null, part = 1, side, lit = null, scale, palettes, faintest, ratio = 1 }) => {
    const picture = new ImageData(side, side);
    const pixels = new Uint32Array(picture.data.buffer);
    let places = placesOf(cloud, plane, side);
    if (last)
      places = between(placesOf(cloud, last, side), places, part, [last.x !== plane.x, last.y !== plane.y], side);
    const cells = cellsOf(places, side);
    paint(pixels, countsOf(cells, side, null, ratio), lit ? palettes.ice : palettes.inferno, faintest, scale);
    if (lit) paint(pixels, countsOf(cells, side, lit, ratio), palettes.amber, 110, scale);
    return picture;
  };
})();
