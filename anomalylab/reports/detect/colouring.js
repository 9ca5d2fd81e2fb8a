// The colour of each image by its label, its score or a column, and what the colours mean.
(() => {
  "use strict";
  const al = window.anomalylab;
  const SERIES = [...[1, 5, 3, 4, 6, 2, 7].map((number) => `var(--series-${number})`), "var(--unknown)"];

  al.colouring = (store) => {
    const { colourBy } = store.state;
    if (colourBy === "label") {
      const present = al.CLASSES.filter((c) => store.labels.some((label) => String(label) === c.key));
      return { colourOf: (i) => al.classOf(store.labels[i]).colour, keys: present.map((c) => [c.name, c.colour]) };
    }
    if (colourBy === "score") return byScore(store);
    const values = store.data.columns[colourBy];
    const [, names] = al.given(store.filterColumns().find(([name]) => name === colourBy));
    const colour = (/** @type {string | null} */ value) => SERIES[Math.min(names.indexOf(value), SERIES.length - 1)];
    /** @type {Al.Colouring["keys"]} */
    const named = names.slice(0, SERIES.length - 1).map((name) => [name === null ? "none" : name, colour(name)]);
    /** @type {Al.Colouring["keys"]} */
    const others = names.length >= SERIES.length ? [["others", SERIES[SERIES.length - 1]]] : [];
    return { colourOf: (i) => colour(values[i]), keys: [...named, ...others] };
  };

  /**
   * Pale below the threshold, full red from it on.
   * @param {Al.Store} store
   * @returns {Al.Colouring}
   */
  function byScore(store) {
    const least = Math.min(...store.scores);
    const { value } = store.threshold;
    const shade = (/** @type {number} */ part) =>
      `color-mix(in oklab, var(--anomalous) ${Math.round(100 * part)}%, var(--score-low))`;
    const part = (/** @type {number} */ score) => (score >= value ? 1 : 0.6 * ((score - least) / (value - least)) ** 2);
    return {
      colourOf: (i) => shade(part(store.scores[i])),
      keys: [
        ["lowest score", shade(0)],
        ["just below the threshold", shade(0.6)],
        ["at or above it", shade(1)],
      ],
    };
  }
})();
