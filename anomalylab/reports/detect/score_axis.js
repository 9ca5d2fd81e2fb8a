// The axis of a histogram of scores, and what lies under a curve along it.
(() => {
  "use strict";
  const al = window.anomalylab;

  // Places on the axis; logarithmic where the largest score dwarfs the middle one.
  al.scoreAxis = (values, plotWidth, margin) => {
    const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
    const [least, most] = [sorted[0], sorted[sorted.length - 1]];
    const isLog = least > 0 && most > 8 * sorted[sorted.length >> 1];
    const forth = isLog ? Math.log : (/** @type {number} */ value) => value;
    const back = isLog ? Math.exp : (/** @type {number} */ value) => value;
    const pad = 0.03 * (forth(most) - forth(least)) || 0.5;
    const [low, high] = [forth(least) - pad, forth(most) + pad];
    const width = plotWidth - margin.left - margin.right;
    const part = (/** @type {number} */ value) => (forth(value) - low) / (high - low);
    const unclamped = (/** @type {number} */ x) => back(low + ((x - margin.left) / width) * (high - low));
    return {
      isLog,
      width,
      part,
      between: (left, right) => [unclamped(left), unclamped(right)],
      ends: [back(low), back(high)],
      x: (value) => margin.left + al.clamp(part(value), 0, 1) * width,
      value: (x) => back(low + al.clamp((x - margin.left) / width, 0, 1) * (high - low)),
      marks: isLog ? decades(back(low), back(high), width) : al.ticks(low, high, width > 500 ? 8 : 5),
    };
  };

  // Area under a curve of [x, y], by rising x, up to any x.
  al.areaBelow = (curve) => {
    const sums = [0];
    for (let i = 1; i < curve.length; i += 1) {
      sums.push(sums[i - 1] + ((curve[i][1] + curve[i - 1][1]) / 2) * (curve[i][0] - curve[i - 1][0]));
    }
    return (x) => {
      const right = curve.findIndex(([at]) => at >= x);
      if (right < 1) return right === 0 ? 0 : sums[sums.length - 1];
      const part = (x - curve[right - 1][0]) / (curve[right][0] - curve[right - 1][0]);
      return sums[right - 1] + part * (sums[right] - sums[right - 1]);
    };
  };

  /**
   * Marks of a logarithmic axis: 1, 2 and 5 of each power of ten, or these alone.
   * @param {number} low
   * @param {number} high
   * @param {number} width in pixels
   */
  function decades(low, high, width) {
    /** @type {number[]} */
    const marks = [];
    for (let power = 10 ** Math.floor(Math.log10(low)); power <= high; power *= 10) {
      marks.push(...[1, 2, 5].map((factor) => factor * power).filter((mark) => mark >= low && mark <= high));
    }
    return marks.length > width / 60
      ? marks.filter((mark) => /^10*$/.test(String(mark / 10 ** Math.floor(Math.log10(mark)))))
      : marks;
  }
})();
