// What is shown of a study: whoever changes it tells the rest.
(() => {
  "use strict";
  const al = window.anomalylab;
  const NEAR = 1e-9;

  const isSame = (/** @type {number} */ a, /** @type {number} */ b) => Math.abs(a - b) < NEAR;

  // Whether two spots are one, apart from their category.
  const isSpot = (/** @type {Al.Spot} */ a, /** @type {Al.Spot} */ b) =>
    a.study === b.study &&
    a.detector === b.detector &&
    a.strategy === b.strategy &&
    isSame(a.pollution, b.pollution) &&
    isSame(a.reject, b.reject);

  // Which images of a cell belong to a group: set operations, then a class.
  const [KEPT, REMOVED, TEST, BEYOND_1, BEYOND_5] = [0, 1, 2, 3, 4];
  const beyond = (/** @type {string} */ at) => (at === "1" ? BEYOND_1 : BEYOND_5);
  /** @type {Record<string, { of: (at: string) => number, without: ((at: string) => number) | null, label: number }>} */
  const GROUPS = {
    "removed-defective": { of: () => REMOVED, without: null, label: 1 },
    "removed-good": { of: () => REMOVED, without: null, label: 0 },
    "left-defective": { of: () => KEPT, without: null, label: 1 },
    missed: { of: () => TEST, without: beyond, label: 1 },
    alarms: { of: beyond, without: null, label: 0 },
  };

  al.StudyStore = class {
    /** @param {Al.StudyPayload} data */
    constructor(data) {
      this.data = data;
      for (const image of data.images) image.url = image.src ? `data:image/webp;base64,${image.src}` : "data:,";
      this.bits = data.sets.map((text) => al.bytes(text));
      /** @type {number[][]} */
      this.members = data.categories.map((_, c) =>
        data.images.flatMap((image, i) => (image.category === c ? [i] : [])),
      );
      /** @type {(() => void)[]} */
      this.listeners = [];
      const { levels, refinedAt, rejects } = data;
      const last = (/** @type {number[]} */ shares) => shares[shares.length - 1] ?? 0;
      /** @type {Al.StudyState} */
      this.state = {
        category: -1,
        at: data.thresholds[0] ?? "",
        detector: 0,
        metric: data.thresholds.length ? `recall_at_${data.thresholds[0]}` : "auroc",
        level: last(levels),
        refined: last(refinedAt),
        reject: data.reject ?? last(rejects),
        opened: null,
        group: "missed",
        seed: null,
        page: 0,
      };
    }

    /** @param {() => void} listener */
    listen(listener) {
      this.listeners.push(listener);
    }
    /** @param {Partial<Al.StudyState>} changes */
    change(changes) {
      Object.assign(this.state, { page: 0 }, changes);
      for (const listener of this.listeners) listener();
    }
    /** @param {Al.Spot} spot */
    open(spot) {
      this.change({ opened: spot, group: spot.reject ? "removed-defective" : "missed", seed: null });
    }

    /** @param {Al.Spot} spot */
    point(spot) {
      return this.data.points.find((point) => point.category === spot.category && isSpot(point, spot));
    }
    /**
     * The points of one line, from left to right.
     * @param {number} study
     * @param {number} detector
     * @param {number} strategy
     * @param {number | null} pollution
     */
    curve(study, detector, strategy, pollution) {
      const own = this.data.points.filter(
        (point) =>
          point.category === this.state.category &&
          point.study === study &&
          point.detector === detector &&
          point.strategy === strategy &&
          (pollution === null || isSame(point.pollution, pollution)),
      );
      return own.sort((a, b) => a.pollution - b.pollution || a.reject - b.reject);
    }

    /**
     * @param {string} metric
     * @param {number} value
     */
    words(metric, value) {
      return this.data.metrics[metric]?.isShare ? al.percent(value) : value.toFixed(3);
    }
    /**
     * A value with its deviation over draws.
     * @param {Al.StudyPoint | undefined} point
     * @param {string} metric
     */
    told(point, metric) {
      const found = point?.values[metric];
      if (!found) return "–";
      const [value, deviation] = found;
      const around = deviation === null ? "" : ` ± ${this.words(metric, deviation)}`;
      return this.words(metric, value) + around;
    }

    /**
     * @param {Al.Spot} spot
     * @param {number | null} seed
     */
    cells(spot, seed) {
      return this.data.cells.filter(
        (cell) =>
          isSpot(cell, spot) &&
          (spot.category === -1 || cell.category === spot.category) &&
          (seed === null || cell.seed === seed),
      );
    }

    /**
     * @param {number} set
     * @param {number} place
     */
    has(set, place) {
      return Boolean(this.bits[set][place >> 3] & (1 << (place & 7)));
    }
    /**
     * Images of a group at the opened point, those of most draws first.
     * @param {string} name
     */
    group(name) {
      const { opened, seed, at } = this.state;
      const { of, without, label } = GROUPS[name];
      const cells = opened ? this.cells(opened, seed) : [];
      /** @type {Map<number, number>} */
      const counts = new Map();
      for (const { category, sets } of cells) {
        this.members[category].forEach((i, place) => {
          if (this.data.images[i].label !== label || !this.has(sets[of(at)], place)) return;
          if (without && this.has(sets[without(at)], place)) return;
          counts.set(i, (counts.get(i) ?? 0) + 1);
        });
      }
      const counted = [...counts].map(([i, n]) => ({ i, n })).sort((a, b) => b.n - a.n || a.i - b.i);
      const nCells = new Set(cells.map((cell) => cell.seed)).size;
      return { counted, nCells };
    }
  };
})();
