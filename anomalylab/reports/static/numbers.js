// What a threshold means: counts, their intervals, and what they come to on a line.
(function () {
  "use strict";
  const al = window.anomalylab;
  const Z = 1.959963984540054; // 95 %

  // Images at or above the threshold count as found.
  al.confusion = (scores, labels, threshold) => {
    const counts = { tp: 0, fp: 0, fn: 0, tn: 0, flagged: 0, n: scores.length };
    scores.forEach((score, i) => {
      const isAbove = score >= threshold;
      counts.flagged += isAbove;
      if (labels[i] === 1) counts[isAbove ? "tp" : "fn"] += 1;
      if (labels[i] === 0) counts[isAbove ? "fp" : "tn"] += 1;
    });
    return counts;
  };

  // A share k of n with its 95 % interval after Wilson (1927); null where n is zero.
  al.share = (k, n) => {
    if (n === 0) return { value: null, low: null, high: null };
    const p = k / n;
    const z2 = (Z * Z) / n;
    const centre = (p + z2 / 2) / (1 + z2);
    const half = (Z / (1 + z2)) * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n));
    return { value: p, low: k === 0 ? 0 : centre - half, high: k === n ? 1 : centre + half };
  };

  al.rates = (counts) => ({
    precision: al.share(counts.tp, counts.tp + counts.fp),
    recall: al.share(counts.tp, counts.tp + counts.fn),
    falseAlarms: al.share(counts.fp, counts.fp + counts.tn),
  });

  // Misses, false alarms and cost among `parts` parts of a line with `defects` in a thousand.
  al.onTheLine = (recall, falseAlarmRate, line, parts = 10000) => {
    const defective = (parts * line.defects) / 1000;
    const misses = defective * (1 - recall);
    const falseAlarms = (parts - defective) * falseAlarmRate;
    return { misses, falseAlarms, cost: misses * line.missCost + falseAlarms * line.alarmCost };
  };
})();
