// The axis of a histogram of scores, how far it goes, and what lies under a curve along it.
(() => {
  "use strict";
  const al = window.anomalylab;

  // Where the axis ends; a threshold always lies on it. See plots/score_axis.py, which does the same.
  al.scoreRange = (scores, threshold) => {
    const sorted = [...scores].sort((a, b) => a - b);
    const largest = sorted[sorted.length - 1];
    const isLog = Math.min(sorted[0], threshold) > 0 && largest > 8 * al.quantile(sorted, 0.5);
    const forth = isLog ? Math.log : (/** @type {number} */ value) => value;
    const back = isLog ? Math.exp : (/** @type {number} */ value) => value;
    const places = sorted.map(forth);
    const [least, most] = [al.quantile(places, 0.1), al.quantile(places, 0.9)];
    const reach = 2 * (most - least) || Infinity;
    const [low, high] = [Math.max(places[0], least - reach), Math.min(forth(largest), most + reach)];
    const pad = 0.03 * (high - low) || 0.5;
    const mark = forth(threshold);
    const isInside = low - pad <= mark && mark <= high + pad;
    const ends = isInside ? [low, high] : [Math.min(low, mark), Math.max(high, mark)];
    return { isLog, ends: [back(ends[0] - pad), back(ends[1] + pad)] };
  };

  // Of rising values, between two of them by their distance.
  al.quantile = (sorted, share) => {
    const at = share * (sorted.length - 1);
    const [left, right] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
    return left + (at % 1) * (right - left);
  };

  // Places on the axis; logarithmic where the largest score dwarfs the middle one.
  al.scoreAxis = (scores, threshold, plotWidth, margin) => {
    const { isLog, ends } = al.scoreRange(scores, threshold);
    const forth = isLog ? Math.log : (/** @type {number} */ value) => value;
    const back = isLog ? Math.exp : (/** @type {number} */ value) => value;
    const [low, high] = ends.map(forth);
    const width = plotWidth - margin.left - margin.right;
    const part = (/** @type {number} */ value) => (forth(value) - low) / (high - low);
    const unclamped = (/** @type {number} */ x) => back(low + ((x - margin.left) / width) * (high - low));
    return {
      isLog,
      width,
      part,
      between: (left, right) => [unclamped(left), unclamped(right)],
      ends,
      x: (value) => margin.left + al.clamp(part(value), 0, 1) * width,
      value: (x) => al.clamp(unclamped(x), ends[0], ends[1]),
      marks: isLog ? decades(ends[0], ends[1], width) : al.ticks(low, high, width > 500 ? 8 : 5),
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
    if (marks.length < 2) return al.ticks(low, high, 5);
    return marks.length > width / 60
      ? marks.filter((mark) => /^10*$/.test(String(mark / 10 ** Math.floor(Math.log10(mark)))))
      : marks;
  }
})();
