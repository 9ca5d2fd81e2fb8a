// Ranking beside decisions, against the share of defects among the training images.
(() => {
  "use strict";
  const al = window.anomalylab;
  const ALONG = "share defective";

  al.PollutionPart = class {
    /** @param {Al.StudyStore} store */
    constructor(store) {
      this.store = store;
      const { levels } = store.data;
      this.charts = [0, 1, 2].map(
        (i) =>
          new al.BandChart(
            () => this.view(i),
            () => store.data.metrics[this.metrics[i]]?.question ?? "",
          ),
      );
      this.table = al.el("div");
      this.node = al.el(
        "div",
        { class: "al-stack" },
        al.el("div", { class: "al-three" }, ...this.charts.map((chart) => chart.node)),
        al.shareSlider(
          "Defective",
          "Share of the training images that are defective; the table shows what was measured there",
          levels,
          () => store.state.level,
          (level) => store.change({ level }),
          store,
        ),
        this.table,
      );
      store.listen(() => this.update());
      this.update();
    }

    // Ranking, what is found, and false alarms; what was not measured is left empty.
    get metrics() {
      const { at } = this.store.state;
      return ["auroc", `recall_at_${at}`, `false_alarms_at_${at}`];
    }

    update() {
      for (const chart of this.charts) chart.draw();
      const { store } = this;
      const { category, level } = store.state;
      const rows = store.data.detectors.map((look, detector) => {
        const spot = { category, study: 0, detector, strategy: -1, pollution: level, reject: 0 };
        const point = store.point(spot);
        return { look, cells: this.metrics.map((name) => store.told(point, name)), spot: point ? spot : null };
      });
      const head = ["Detector", ...this.metrics.map((name) => store.data.metrics[name]?.title ?? "–")];
      this.table.replaceChildren(al.readouts(head, rows, (spot) => store.open(spot)));
    }

    /**
     * @param {number} i
     * @returns {Al.BandView}
     */
    view(i) {
      const { store } = this;
      const metric = this.metrics[i];
      const of = store.data.metrics[metric];
      const lines = store.data.detectors.map((look, detector) => ({
        ...look,
        isDashed: false,
        points: store.curve(0, detector, -1, null).flatMap((point) => {
          const [y, half] = point.values[metric] ?? [null, null];
          return y === null ? [] : [{ x: point.pollution, y, half: half ?? 0, spot: point }];
        }),
      }));
      return {
        lines,
        xLabel: ALONG,
        yLabel: of?.short ?? "",
        floor: of?.floor ?? 0,
        isShare: of?.isShare ?? false,
        mark: store.state.level,
        words: (y) => store.words(metric, y),
        pick: (spot) => store.open(spot),
      };
    }
  };
})();
