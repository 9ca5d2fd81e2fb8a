// What a threshold means: counts, their intervals, and what they come to on a line.
(() => {
  "use strict";
  const al = window.anomalylab;
  const TAIL = 0.025; // on either side of a 95 % interval

  // Images at or above the threshold count as found.
  al.confusion = (scores, labels, threshold) => {
    const counts = { tp: 0, fp: 0, fn: 0, tn: 0, flagged: 0, n: scores.length };
    scores.forEach((score, i) => {
      const isAbove = score >= threshold;
      counts.flagged += Number(isAbove);
      if (labels[i] === 1) counts[isAbove ? "tp" : "fn"] += 1;
      if (labels[i] === 0) counts[isAbove ? "fp" : "tn"] += 1;
    });
    return counts;
  };

  // A share k of n with its exact 95 % interval after Clopper and Pearson (1934).
  al.share = (k, n) => {
    if (n === 0) return { value: null, low: null, high: null };
    return {
      value: k / n,
      low: k === 0 ? 0 : betaQuantile(TAIL, k, n - k + 1),
      high: k === n ? 1 : betaQuantile(1 - TAIL, k + 1, n - k),
    };
  };

  /**
   * Where the regularised incomplete beta function of a and b reaches a share.
   * @param {number} share
   * @param {number} a
   * @param {number} b
   */
  function betaQuantile(share, a, b) {
    let [low, high] = [0, 1];
    for (let i = 0; i < 60; i += 1) {
      const middle = (low + high) / 2;
      if (betaShare(middle, a, b) < share) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  }

  /**
   * Regularised incomplete beta function by its continued fraction (Lentz's method).
   * @param {number} x
   * @param {number} a
   * @param {number} b
   * @returns {number}
   */
  function betaShare(x, a, b) {
    if (x <= 0 || x >= 1) return al.clamp(x, 0, 1);
    if (x > (a + 1) / (a + b + 2)) return 1 - betaShare(1 - x, b, a);
    const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
    let [c, d] = [1, 1 / (1 - ((a + b) * x) / (a + 1))];
    let fraction = d;
    for (let m = 1; m < 1000; m += 1) {
      const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
      d = 1 / (1 + even * d);
      c = 1 + even / c;
      fraction *= d * c;
      const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
      d = 1 / (1 + odd * d);
      c = 1 + odd / c;
      fraction *= d * c;
      if (Math.abs(d * c - 1) < 1e-12) break;
    }
    return front * fraction;
  }
  al.betaShare = betaShare;

  /**
   * Stirling's series, exact to twelve digits from 15 on; smaller arguments are moved up.
   * @param {number} z
   */
  function logGamma(z) {
    let moved = 0;
    let x = z;
    for (; x < 15; x += 1) moved -= Math.log(x);
    const y = 1 / (x * x);
    return (
      moved +
      (x - 0.5) * Math.log(x) -
      x +
      0.9189385332046727 +
      (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y / 1680))) / x
    );
  }

  al.rates = (counts) => ({
    precision: al.share(counts.tp, counts.tp + counts.fp),
    recall: al.share(counts.tp, counts.tp + counts.fn),
    falseAlarms: al.share(counts.fp, counts.fp + counts.tn),
  });

  // Of the defects of each type, those at or above the threshold; null for images that are none.
  al.recallByType = (scores, types, threshold) => {
    const names = [...new Set(types)].filter((type) => type !== null).sort();
    return names.map((type) => {
      const own = scores.filter((_, i) => types[i] === type);
      const found = own.filter((score) => score >= threshold).length;
      return { type, found, n: own.length, recall: al.share(found, own.length) };
    });
  };

  // Misses, false alarms and cost among `parts` parts of a line with `defects` in a thousand.
  al.onTheLine = (recall, falseAlarmRate, line, parts = 10000) => {
    const defective = (parts * line.defects) / 1000;
    const misses = defective * (1 - recall);
    const falseAlarms = (parts - defective) * falseAlarmRate;
    return { misses, falseAlarms, cost: misses * line.missCost + falseAlarms * line.alarmCost };
  };
})();
