// What is shown, in one place: whoever changes it tells the rest.
(() => {
  "use strict";
  const al = window.anomalylab;

  const FILTERS = {
    all: () => true,
    above: (isAbove) => isAbove,
    below: (isAbove) => !isAbove,
    alarms: (isAbove, label) => isAbove && label === 0,
    misses: (isAbove, label) => !isAbove && label === 1,
  };

  al.Store = class {
    constructor(data) {
      this.data = data;
      this.colours = al.bytes(data.colours);
      data.images.forEach((image) => (image.url = `data:image/webp;base64,${image.src}`));
      this.labels = data.images.slice(0, data.nQueries).map((image) => image.label);
      this.maps = new Map();
      this.chosen = new Map(); // detector -> threshold that somebody moved
      this.listeners = [];
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
    get runThreshold() {
      return this.detector.thresholds[0];
    }
    // Where the threshold stands: one of the run's, or one that was dragged (method null).
    get threshold() {
      return this.chosen.get(this.state.detector) || this.runThreshold;
    }
    get detectorMaps() {
      const name = this.state.detector;
      if (!this.maps.has(name)) this.maps.set(name, new al.Maps(this.detector, this.colours));
      return this.maps.get(name);
    }

    listen(listener) {
      this.listeners.push(listener);
    }
    change(changes) {
      if (!("page" in changes) && !("opacity" in changes) && !("colourBy" in changes)) changes.page = 0;
      Object.assign(this.state, changes);
      this.listeners.forEach((listener) => listener(changes));
    }
    moveThreshold(value) {
      this.chosen.set(this.state.detector, { method: null, value });
      this.change({ threshold: value });
    }
    setThreshold(threshold) {
      this.chosen.set(this.state.detector, threshold);
      this.change({ threshold: threshold.value });
    }

    isAbove(i) {
      return this.scores[i] >= this.threshold.value;
    }
    // Columns with few enough values to choose among.
    filterColumns() {
      const names = Object.keys(this.data.columns);
      return names
        .map((name) => [name, [...new Set(this.data.columns[name].slice(0, this.data.nQueries))]])
        .filter(([, values]) => values.length > 1 && values.length <= 40)
        .map(([name, values]) => [
          name,
          values.sort((a, b) => String(a).localeCompare(String(b), "en", { numeric: true })),
        ]);
    }
    passes(i, filter = this.state.filter) {
      const { selection, columns, search } = this.state;
      return (
        FILTERS[filter](this.isAbove(i), this.labels[i]) &&
        (selection === null || selection.has(i)) &&
        Object.entries(columns).every(([name, value]) => this.data.columns[name][i] === value) &&
        (search === "" || this.data.images[i].id.toLowerCase().includes(search.toLowerCase()))
      );
    }
    countOf(filter) {
      return this.labels.reduce((n, _, i) => n + this.passes(i, filter), 0);
    }
    // Queries that pass, in the order asked for.
    ranked() {
      const keys = {
        high: (i) => -this.scores[i],
        low: (i) => this.scores[i],
        near: (i) => Math.abs(this.scores[i] - this.threshold.value),
      };
      const key = keys[this.state.order];
      const rows = this.labels.map((_, i) => i).filter((i) => this.passes(i));
      return rows.sort((a, b) => key(a) - key(b) || a - b);
    }
    rankOf(i) {
      return 1 + this.scores.filter((score) => score > this.scores[i]).length;
    }
    words(i) {
      return `${this.data.images[i].name} · score ${al.format(this.scores[i])}`;
    }
    // Whether an image stands back because others are selected.
    isFaded(i) {
      return this.state.selection !== null && !this.state.selection.has(i);
    }
  };
})();
