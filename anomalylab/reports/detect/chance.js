// The chance that an image of the fitted bulk scores at least so high; anomalylab/verdicts/bulk.py has the formula.
(() => {
  "use strict";
  const al = window.anomalylab;
  const VALUES = 4; // of a node: location, scale, shape, weight
  const TINY = 2.2250738585072014e-308;

  al.chance = ({ upperShare, trustedUpTo, freedoms, nodes }) => {
    const numbers = new Float64Array(al.bytes(nodes).buffer);
    const kinds = freedoms.flatMap(([freedom, n]) => new Array(n).fill(freedom ?? Infinity));
    /** @param {number} score */
    const logTails = (score) => kinds.map((freedom, i) => logTail(unskewed(score, numbers, VALUES * i), freedom));
    const beyondTrusted = logTails(trustedUpTo);
    /**
     * @param {number} score
     * @param {number[]} given log tails of what is given
     */
    const tail = (score, given) =>
      logTails(score).reduce((sum, log, i) => sum + numbers[VALUES * i + 3] * Math.exp(Math.min(log - given[i], 0)), 0);
    const nothing = new Array(kinds.length).fill(0);
    return (score) =>
      score > trustedUpTo ? upperShare * tail(score, beyondTrusted) : Math.max(tail(score, nothing), upperShare);
  };

  /**
   * The Student t of a score, by the location, scale and shape of a node.
   * @param {number} score
   * @param {Float64Array} numbers
   * @param {number} at
   */
  function unskewed(score, numbers, at) {
    const value = (score - numbers[at]) / numbers[at + 1];
    const shape = numbers[at + 2];
    return Math.abs(shape) < 1e-9 ? value : Math.log(Math.max(1 + shape * value, 0)) / shape;
  }

  /**
   * Log of the chance of more than t.
   * @param {number} t
   * @param {number} freedom
   */
  function logTail(t, freedom) {
    if (freedom === Infinity) return logNormalTail(t);
    const half = 0.5 * al.betaShare(freedom / (freedom + t * t), freedom / 2, 0.5);
    return Math.log(Math.max(t > 0 ? half : 1 - half, TINY));
  }

  /**
   * Log of the chance that a standard normal exceeds t: by its series near 0, by a continued fraction far out.
   * @param {number} t
   * @returns {number}
   */
  function logNormalTail(t) {
    if (t < -1) return Math.log1p(-Math.exp(logNormalTail(-t)));
    const logDensity = -0.5 * t * t - 0.9189385332046727;
    if (t === Infinity) return -Infinity;
    if (t > 2) return logDensity - Math.log(millsInverse(t));
    let [term, sum] = [t, t];
    for (let k = 3; Math.abs(term) > 1e-17 * Math.abs(sum); k += 2) {
      term *= (t * t) / k;
      sum += term;
    }
    return Math.log(0.5 - Math.exp(logDensity) * sum);
  }

  /**
   * Density over tail of a standard normal: t + 1 / (t + 2 / (t + 3 / ...)).
   * @param {number} t above 2
   */
  function millsInverse(t) {
    let fraction = t;
    for (let k = 200; k > 0; k -= 1) fraction = t + k / fraction;
    return fraction;
  }
})();
