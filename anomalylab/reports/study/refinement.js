// What removing images mends, a line a strategy, and whether the removed images are the defective ones.
(() => {
  "use strict";
  const al = window.anomalylab;
  const ALONG = "share removed";
  const REMOVAL = ["refinement_precision", "refinement_recall"];

  al.RefinementPart = class {
    /** @param {Al.StudyStore} store */
    constructor(store) {
      this.store = store;
      const { data, state } = store;
      this.charts = [() => state.metric, () => REMOVAL[1]].map(
        (metric) =>
          new al.BandChart(
            () => this.view(metric()),
            () => data.metrics[metric()]?.question ?? "",
          ),
      );
      this.table = al.el("div");
      const sliders = [
        al.shareSlider(
          "Removed",
          "Share of the training images that the strategies remove; the table shows what was measured there",
          data.rejects,
          () => state.reject,
          (reject) => store.change({ reject }),
          store,
        ),
      ];
      if (data.refinedAt.length > 1) {
        const title = "Share of the training images that are defective before any is removed";
        const set = (/** @type {number} */ refined) => store.change({ refined });
        sliders.unshift(al.shareSlider("Defective", title, data.refinedAt, () => state.refined, set, store));
      }
      this.node = al.el(
        "div",
        { class: "al-stack" },
        al.el("div", { class: "al-fields" }, this.detectors(), this.metrics()),
        al.el("div", { class: "al-two" }, ...this.charts.map((chart) => chart.node)),
        al.el("div", { class: "al-fields" }, ...sliders),
        this.table,
      );
      store.listen(() => this.update());
      this.update();
    }

    detectors() {
      const { store } = this;
      /** @type {HTMLSelectElement} */
      const select = al.el(
        "select",
        {
          title: "The detector that is fitted on what is left",
          onchange: () => store.change({ detector: select.selectedIndex }),
        },
        ...store.data.detectors.map(({ name }) => al.el("option", {}, name)),
      );
      return al.el("label", { class: "al-field" }, al.el("span", {}, "Detector"), select);
    }

    metrics() {
      const { store } = this;
      const names = Object.keys(store.data.metrics).filter((name) => !/^(refinement|healed)_/.test(name));
      /** @type {HTMLSelectElement} */
      const select = al.el(
        "select",
        {
          title: "What is measured on the test images after refinement",
          onchange: () => store.change({ metric: names[select.selectedIndex] }),
        },
        ...names.map((name) => al.el("option", {}, store.data.metrics[name].title)),
      );
      select.selectedIndex = names.indexOf(store.state.metric);
      return al.el("label", { class: "al-field" }, al.el("span", {}, "Measured by"), select);
    }

    // Columns of the table: ranking, decisions, then the removed images.
    get columns() {
      const { at } = this.store.state;
      return ["auroc", `recall_at_${at}`, `false_alarms_at_${at}`, ...REMOVAL];
    }

    /** @param {number} strategy */
    spot(strategy) {
      const { category, detector, refined, reject } = this.store.state;
      const isDashed = this.store.data.looks[detector][strategy].isDashed;
      return { category, study: 1, detector, strategy, pollution: refined, reject: isDashed ? refined : reject };
    }

    update() {
      for (const chart of this.charts) chart.draw();
      const { store } = this;
      const looks = store.data.looks[store.state.detector];
      const rows = looks.flatMap((look, strategy) => {
        const spot = this.spot(strategy);
        const point = store.point(spot);
        return point ? [{ look, cells: this.columns.map((name) => store.told(point, name)), spot }] : [];
      });
      const head = ["Strategy", ...this.columns.map((name) => store.data.metrics[name]?.title ?? "–")];
      this.table.replaceChildren(al.readouts(head, rows, (spot) => store.open(spot)));
    }

    /**
     * @param {string} metric
     * @returns {Al.BandView}
     */
    view(metric) {
      const { store } = this;
      const { detector, refined, reject } = store.state;
      const of = store.data.metrics[metric];
      const { rejects } = store.data;
      const ends = [rejects[0] ?? 0, rejects[rejects.length - 1] ?? 1];
      const lines = store.data.looks[detector].map((look, strategy) => {
        const points = store.curve(1, detector, strategy, refined).flatMap((point) => {
          const [y, half] = point.values[metric] ?? [null, null];
          return y === null ? [] : [{ x: point.reject, y, half: half ?? 0, spot: point }];
        });
        // The perfect strategy removes what is defective whatever the share: a level line.
        const level = points.flatMap((point) => ends.map((x) => ({ ...point, x, half: 0 })));
        return { ...look, points: look.isDashed ? level : points };
      });
      return {
        lines: metric === REMOVAL[1] ? lines.filter((line) => !line.isDashed) : lines,
        xLabel: ALONG,
        yLabel: of?.short ?? "",
        floor: of?.floor ?? 0,
        isShare: of?.isShare ?? false,
        mark: reject,
        words: (y) => store.words(metric, y),
        pick: (spot) => store.open(spot),
      };
    }
  };
})();
