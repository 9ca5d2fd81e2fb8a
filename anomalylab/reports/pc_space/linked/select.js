// Ways to choose windows, one byte a window, 1 for chosen. A selection is { kind, axes, numbers }, as in
// anomalylab/pc_space/selection.py, which says what the numbers are and finds the same windows.
(() => {
  "use strict";
  const al = window.anomalylab;

  const where = (/** @type {Al.Grid} */ cloud, /** @type {(i: number) => boolean} */ test) => {
    const lit = new Uint8Array(cloud.n);
    for (let i = 0; i < cloud.n; i += 1) if (test(i)) lit[i] = 1;
    return lit;
  };

  /** @type {Al.Holds} */
  const inBox = (cloud, [left, bottom, right, top], [x, y]) =>
    where(cloud, (i) => x[i] >= left && x[i] <= right && y[i] >= bottom && y[i] <= top);

  /**
   * @param {Al.Grid} cloud
   * @param {number[]} numbers
   * @param {ArrayLike<number>[]} along
   */
  function inLasso(cloud, numbers, [x, y]) {
    const [xs, ys] = [0, 1].map((part) => numbers.filter((_, k) => k % 2 === part));
    const near = inBox(cloud, [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)], [x, y]);
    return where(cloud, (i) => near[i] === 1 && al.isInside(x[i], y[i], xs, ys));
  }

  /**
   * @param {Al.Grid} cloud
   * @param {number[]} numbers
   * @param {ArrayLike<number>[]} along
   */
  function beyond(cloud, [middleX, middleY, halfWidth, halfHeight], [x, y]) {
    return where(cloud, (i) => {
      const [awayX, awayY] = [(x[i] - middleX) / halfWidth, (y[i] - middleY) / halfHeight];
      return awayX * awayX + awayY * awayY > 1;
    });
  }

  /** @type {Al.Holds} */
  const inInterval = (cloud, [low, high], [along]) => where(cloud, (i) => along[i] >= low && along[i] <= high);

  /**
   * @param {Al.Grid} cloud
   * @param {number[]} numbers
   */
  function inRectangle(cloud, numbers) {
    const half = cloud.window >> 1;
    const rows = Int32Array.from({ length: cloud.n }, (_, i) => Math.floor(i / cloud.nCols) + half);
    const cols = Int32Array.from({ length: cloud.n }, (_, i) => (i % cloud.nCols) + half);
    return inBox(cloud, numbers, [rows, cols]);
  }

  /**
   * @param {Al.Grid} cloud
   * @param {number[]} numbers
   */
  function nearPoints(cloud, numbers) {
    const half = cloud.window >> 1;
    const radius = numbers[numbers.length - 1];
    const lit = new Uint8Array(cloud.n);
    // from the first to the last row or column that the radius may reach
    const reach = (/** @type {number} */ at, /** @type {number} */ n) => [
      Math.max(Math.floor(at - radius), half),
      Math.min(Math.ceil(at + radius), n - 1 + half),
    ];
    for (let k = 0; k + 2 < numbers.length; k += 2) {
      const [row, col] = [numbers[k], numbers[k + 1]];
      const [[top, bottom], [left, right]] = [reach(row, cloud.nRows), reach(col, cloud.nCols)];
      for (let r = top; r <= bottom; r += 1) {
        for (let c = left; c <= right; c += 1) {
          const isNear = (r - row) * (r - row) + (c - col) * (c - col) <= radius * radius;
          if (isNear) lit[(r - half) * cloud.nCols + c - half] = 1;
        }
      }
    }
    return lit;
  }

  al.PC_KINDS = {
    box: { place: "cloud", holds: inBox },
    lasso: { place: "cloud", holds: inLasso },
    beyond: { place: "cloud", holds: beyond },
    interval: { place: "axis", holds: inInterval },
    rectangle: { place: "image", holds: inRectangle },
    point: { place: "image", holds: nearPoints },
  };

  // Names of axes become positions along them here and nowhere else.
  al.pcWindows = (selection, cloud) => {
    if (!selection) return null;
    const along = selection.axes.map((name) => cloud.along[cloud.axes.indexOf(name)]);
    return al.PC_KINDS[selection.kind].holds(cloud, selection.numbers, along);
  };

  al.pcCount = (lit) => {
    let n = 0;
    for (let i = 0; i < lit.length; i += 1) n += lit[i];
    return n;
  };

  // The share of windows that hold a pixel of the defect, null where that is not known.
  al.pcShare = (cloud, lit) => {
    if (!cloud.onDefect) return null;
    let [touch, all] = [0, 0];
    for (let i = 0; i < cloud.n; i += 1) {
      if (lit && !lit[i]) continue;
      all += 1;
      touch += cloud.onDefect[i];
    }
    return all ? touch / all : null;
  };

  // Windows highest in `by` that differ in place: none within half a window of one before it.
  al.pcExtremes = (cloud, lit, n, by) => {
    const half = Math.max(cloud.window >> 1, 1);
    const left = new Float64Array(cloud.n).fill(-Infinity);
    for (let i = 0; i < cloud.n; i += 1) if (!lit || lit[i]) left[i] = by(i);
    /** @type {number[]} */
    const found = [];
    while (found.length < n) {
      let best = 0;
      for (let i = 1; i < left.length; i += 1) if (left[i] > left[best]) best = i;
      if (left[best] === -Infinity) break;
      found.push(best);
      const [row, col] = [Math.floor(best / cloud.nCols), best % cloud.nCols];
      const [from, to] = [Math.max(col - half, 0), Math.min(col + half, cloud.nCols - 1)];
      for (let r = Math.max(row - half, 0); r <= Math.min(row + half, cloud.nRows - 1); r += 1) {
        left.fill(-Infinity, r * cloud.nCols + from, r * cloud.nCols + to + 1);
      }
    }
    return found;
  };
})();
