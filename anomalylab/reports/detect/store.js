// What is shown, in one place: whoever changes it tells the rest.
(() => {
  "use strict";
  const al = window.anomalylab;

  /** @type {Record<string, (isAbove: boolean, label: Al.Label) => boolean>} */
  const FILTERS = {
    all: () => true,
    above: (isAbove) => isAbove,
    below: (isAbove) => !isAbove,
    alarms: (isAbove, label) => isAbove && label === 0,
    misses: (isAbove, label) => !isAbove && label === 1,
  };

  al.Store = class {
    /** @param {Al.DetectPayload} data */
    constructor(data) {
      this.data = data;
      this.colours = al.bytes(data.colours);
      data.images.forEach((image) => {
        image.url = `data:image/webp;base64,${image.src}`;
      });
      this.labels = data.images.slice(0, data.nQueries).map((image) => image.label);
      /** @type {Map<string, Al.Maps>} */
      this.maps = new Map();
      /** @type {Map<Al.Chance, (score: number) => number>} */
      this.chances = new Map();
      /** @type {Map<string, Al.Threshold>} the threshold that somebody chose, by detector */
      this.chosen = new Map();
      /** @type {Al.Listener[]} */
      this.listeners = [];
      /** @type {Al.State} */
      this.state = {
        detector: data.first,
        filter: "all",
        columns: {},
        search: "",
        order: "high",
        selection: null,
        opacity: 1,
        page: 0,
        colourBy: data.isLabelled ? "label" : "score",
      };
    }

    get detector() {
      return this.data.detectors[this.state.detector];
    }
    get scores() {
      return this.detector.scores;
    }
    // Where the threshold stands: one of the run's, or one that was dragged (method null).
    get threshold() {
      return this.chosen.get(this.state.detector) || this.detector.thresholds[0];
    }
    get detectorMaps() {
      const name = this.state.detector;
      const maps = this.maps.get(name) ?? new al.Maps(this.detector, this.colours);
      this.maps.set(name, maps);
      return maps;
    }

    // As a threshold of the run states it; along the fitted bulk where the threshold was moved.
    get expectedByChance() {
      const { threshold } = this;
      const { chance } = this.detector;
      if (threshold.method !== null && threshold.expectedFalse !== null) {
        return (this.scores.length * threshold.expectedFalse) / threshold.nImages;
      }
      if (chance === null) return null;
      const of = this.chances.get(chance) ?? al.chance(chance);
      this.chances.set(chance, of);
      return this.scores.length * of(this.threshold.value);
    }

    /** @param {Al.Listener} listener */
    listen(listener) {
      this.listeners.push(listener);
    }
    /** @param {Al.Changes} changes */
    change(changes) {
      if (!("page" in changes) && !("opacity" in changes) && !("colourBy" in changes)) changes.page = 0;
      Object.assign(this.state, changes);
      this.listeners.forEach((listener) => listener(changes));
    }
    /** @param {number} value */
    moveThreshold(value) {
      this.chosen.set(this.state.detector, { method: null, value });
      this.change({ threshold: value });
    }
    /** @param {Al.RunThreshold} threshold */
    setThreshold(threshold) {
      this.chosen.set(this.state.detector, threshold);
      this.change({ threshold: threshold.value });
    }

    /** @param {number} i */
    isAbove(i) {
      return this.scores[i] >= this.threshold.value;
    }
    /**
     * Columns with few enough values to choose among, and these in order.
     * @returns {[name: string, values: (string | null)[]][]}
     */
    filterColumns() {
      return Object.entries(this.data.columns)
        .map(([name, values]) => /** @type {const} */ ([name, new Set(values.slice(0, this.data.nQueries))]))
        .filter(([, values]) => values.size > 1 && values.size <= 40)
        .map(([name, values]) => [
          name,
          [...values].sort((a, b) => String(a).localeCompare(String(b), "en", { numeric: true })),
        ]);
    }
    /** @param {number} i */
    passes(i, filter = this.state.filter) {
      const { selection, columns, search } = this.state;
      return (
        FILTERS[filter](this.isAbove(i), this.labels[i]) &&
        (selection === null || selection.has(i)) &&
        Object.entries(columns).every(([name, value]) => this.data.columns[name][i] === value) &&
        (search === "" || this.data.images[i].id.toLowerCase().includes(search.toLowerCase()))
      );
    }
    /** @param {string} filter */
    countOf(filter) {
      return this.labels.filter((_, i) => this.passes(i, filter)).length;
    }
    // Queries that pass, in the order asked for.
    ranked() {
      /** @type {Record<string, (i: number) => number>} */
      const keys = {
        high: (i) => -this.scores[i],
        low: (i) => this.scores[i],
        near: (i) => Math.abs(this.scores[i] - this.threshold.value),
      };
      const key = keys[this.state.order];
      const rows = this.labels.map((_, i) => i).filter((i) => this.passes(i));
      return rows.sort((a, b) => key(a) - key(b) || a - b);
    }
    // Queries that pass as a table: the columns of suspects.csv.
    listed() {
      const { scores, detector, data } = this;
      const order = scores.map((_, i) => i).sort((a, b) => scores[b] - scores[a] || a - b);
      const rank = new Map(order.map((i, place) => [i, place + 1]));
      const rows = this.ranked().map((i) => [
        al.given(rank.get(i)),
        data.images[i].path,
        scores[i],
        detector.pValues[i],
        this.isAbove(i),
        ...detector.places[i],
        detector.looks[i],
        this.state.detector,
      ]);
      return [["rank", "image_path", "score", "p_value", "is_beyond", "x", "y", "look", "detector"], ...rows];
    }
    /** @param {number} i */
    rankOf(i) {
      return 1 + this.scores.filter((score) => score > this.scores[i]).length;
    }
    /** @param {number} i */
    words(i) {
      return `${this.data.images[i].name} · score ${al.format(this.scores[i])}`;
    }
    /**
     * Whether an image stands back because others are selected.
     * @param {number} i
     */
    isFaded(i) {
      return this.state.selection !== null && !this.state.selection.has(i);
    }
  };
})();
