// Ways to choose windows: one byte a window, 1 for chosen.
(() => {
  "use strict";
  const al = window.anomalylab;

  const where = (cloud, test) => {
    const lit = new Uint8Array(cloud.n);
    for (let i = 0; i < cloud.n; i += 1) if (test(i)) lit[i] = 1;
    return lit;
  };

  // Even-odd rule: a ray from a point inside crosses the outline an odd number of times.
  function isInside(x, y, outline) {
    let inside = false;
    for (let k = 0, last = outline.length - 1; k < outline.length; last = k, k += 1) {
      const [x1, y1] = outline[k];
      const [x2, y2] = outline[last];
      if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
    }
    return inside;
  }

  const box = (cloud, { x, y, bounds: [left, bottom, right, top] }) => {
    const [across, up] = [cloud.along[x], cloud.along[y]];
    return where(cloud, (i) => across[i] >= left && across[i] <= right && up[i] >= bottom && up[i] <= top);
  };

  const KINDS = {
    box,
    lasso(cloud, { x, y, vertices }) {
      const [across, up] = [cloud.along[x], cloud.along[y]];
      const [xs, ys] = [0, 1].map((part) => vertices.map((vertex) => vertex[part]));
      const near = box(cloud, { x, y, bounds: [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)] });
      return where(cloud, (i) => near[i] && isInside(across[i], up[i], vertices));
    },
    // Outside of the ellipse of n standard deviations in the plane of two axes.
    sigma(cloud, { x, y, n, sigmas, middles }) {
      const away = (axis, i) => (cloud.along[axis][i] - middles[axis]) / sigmas[axis];
      return where(cloud, (i) => away(x, i) ** 2 + away(y, i) ** 2 > n * n);
    },
    interval(cloud, { axis, low, high }) {
      return where(cloud, (i) => cloud.along[axis][i] >= low && cloud.along[axis][i] <= high);
    },
    // Centres within some pixels of one or more pixels of the image.
    spots(cloud, { spots, radius }) {
      const half = cloud.window >> 1;
      const lit = new Uint8Array(cloud.n);
      for (const [row, col] of spots) {
        for (
          let r = Math.max(Math.ceil(row - radius), half);
          r <= Math.min(row + radius, cloud.nRows - 1 + half);
          r += 1
        ) {
          for (
            let c = Math.max(Math.ceil(col - radius), half);
            c <= Math.min(col + radius, cloud.nCols - 1 + half);
            c += 1
          ) {
            if ((r - row) ** 2 + (c - col) ** 2 <= radius ** 2) lit[(r - half) * cloud.nCols + c - half] = 1;
          }
        }
      }
      return lit;
    },
  };

  al.pcWindows = (selection, cloud) => (selection ? KINDS[selection.kind](cloud, selection) : null);

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
