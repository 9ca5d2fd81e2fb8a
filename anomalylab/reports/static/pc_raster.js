// Points as a picture: counts in cells of one pixel, shaded; chosen points over the others.
(function () {
  "use strict";
  const al = window.anomalylab;

  // Few points are drawn larger, so that one alone is seen.
  const sizeOf = (n) => (n > 40000 ? 1 : n > 2500 ? 2 : 3);

  // Left of the cell of each point, or -1 for points out of sight.
  function cellsOf(cloud, x, y, [left, right, bottom, top], side) {
    const cells = new Int32Array(cloud.n);
    const [across, up] = [cloud.along[x], cloud.along[y]];
    const [sx, sy] = [side / (right - left), side / (top - bottom)];
    for (let i = 0; i < cloud.n; i += 1) {
      const col = Math.floor((across[i] - left) * sx);
      const row = Math.floor((top - up[i]) * sy);
      cells[i] = col >= 0 && col < side && row >= 0 && row < side ? row * side + col : -1;
    }
    return cells;
  }

  function countsOf(cells, side, lit, ratio) {
    const isMeant = (i) => cells[i] >= 0 && (!lit || lit[i]);
    let n = 0;
    for (let i = 0; i < cells.length; i += 1) n += isMeant(i);
    const size = Math.max(1, Math.round(sizeOf(n) * ratio));
    const counts = new Uint32Array(side * side);
    for (let i = 0; i < cells.length; i += 1) {
      if (!isMeant(i)) continue;
      const [row, col] = [Math.floor(cells[i] / side), cells[i] % side];
      for (let r = row; r < Math.min(row + size, side); r += 1) {
        for (let c = col; c < Math.min(col + size, side); c += 1) counts[r * side + c] += 1;
      }
    }
    return counts;
  }

  // Share of the palette for each count from 0 on: equal steps are equal factors, or equal areas.
  function sharesOf(counts, how) {
    const most = counts.reduce((a, b) => Math.max(a, b), 0);
    if (how === "log") return Float64Array.from({ length: most + 1 }, (_, c) => Math.log1p(c) / Math.log1p(Math.max(most, 1)));
    const cells = new Float64Array(most + 1);
    for (const count of counts) cells[count] += 1;
    cells[0] = 0;
    const all = cells.reduce((a, b) => a + b, 0) || 1;
    let below = 0;
    return cells.map((n) => [below / all, (below += n)][0]);
  }

  function paint(pixels, counts, palette, faintest, how) {
    const shares = sharesOf(counts, how);
    for (let i = 0; i < counts.length; i += 1) {
      if (!counts[i]) continue;
      const at = 3 * Math.round(faintest + shares[counts[i]] * (255 - faintest));
      pixels.set(palette.subarray(at, at + 3), 4 * i);
      pixels[4 * i + 3] = 255;
    }
  }

  // A picture of side x side pixels, clear where no window is; `ratio` pixels make one of the page.
  al.pcRaster = (cloud, { x, y, view, side, lit, scale, palettes, faintest, ratio = 1 }) => {
    const picture = new ImageData(side, side);
    const cells = cellsOf(cloud, x, y, view, side);
    paint(picture.data, countsOf(cells, side, null, ratio), lit ? palettes.ice : palettes.inferno, faintest, scale);
    if (lit) paint(picture.data, countsOf(cells, side, lit, ratio), palettes.amber, 110, scale);
    return picture;
  };
})();
