// An axis from end to end: what it measures, and the windows that lie there.
(() => {
  "use strict";
  const al = window.anomalylab;
  const N_STOPS = 11;
  const EACH = 2; // windows shown at a stop
  const LEVELS = 3; // deviations of the band from black or white to grey
  const PACE = 90; // milliseconds a step when it plays
  const STEPS = 200;

  al.PcSweep = class {
    /** @param {Al.PcStore} store */
    constructor(store) {
      this.store = store;
      this.axis = 0;
      // Both ends of the axis, and how far a stop reaches to either side.
      this.low = 0;
      this.high = 0;
      this.width = 0;
      /** @type {ReturnType<typeof setInterval> | undefined} */
      this.clock = undefined;
      this.title = al.el("h3");
      this.note = al.el("p", { class: "al-note" });
      /** @type {HTMLSelectElement} */
      this.select = al.el(
        "select",
        { onchange: () => this.turn(Number(this.select.value)) },
        ...store.data.axes.map((name, i) => al.el("option", { value: i }, name)),
      );
      /** @type {HTMLInputElement} */
      this.slider = al.el("input", {
        type: "range",
        min: 0,
        max: STEPS,
        step: 1,
        "data-sweep": true,
        oninput: () => this.stand(Number(this.slider.value)),
      });
      this.play = al.el("button", { type: "button", onclick: () => this.toggle() }, "▶ Play");
      this.stops = al.el("div", { class: "al-pc-stops" });
      const fields = al.el(
        "div",
        { class: "al-fields" },
        al.el("label", { class: "al-field" }, al.el("span", {}, "Axis"), this.select),
        this.play,
      );
      this.node = al.el(
        "section",
        { class: "al-panel al-pc-sweep" },
        this.title,
        this.note,
        fields,
        al.el("div", { class: "al-pc-rail" }, this.slider, this.stops),
      );
      store.listen((changes) => this.hear(changes));
    }

    /** @param {Al.PcChanges} changes */
    hear(changes) {
      if (changes.cloud) this.measure();
      const { selection } = this.store.state;
      if ("selection" in changes) {
        const [low, high] = selection?.kind === "interval" ? selection.numbers : [];
        if (low === undefined) this.pause();
        const isHere = (/** @type {number} */ value) => value >= low && value <= high;
        [...this.stops.children].forEach((stop, k) => stop.classList.toggle("al-is-here", isHere(this.placeOf(k))));
      }
      if ("i" in changes) this.pause();
    }

    /** @param {number} axis */
    turn(axis) {
      this.axis = axis;
      this.pause();
      if (this.store.cloud) this.measure();
    }

    /** @param {number} k */
    placeOf(k) {
      return this.low + ((this.high - this.low) * k) / (N_STOPS - 1);
    }

    measure() {
      const { store, axis } = this;
      const values = al.given(store.cloud).along[axis];
      this.low = values.reduce((a, b) => Math.min(a, b), Infinity);
      this.high = values.reduce((a, b) => Math.max(a, b), -Infinity);
      this.width = (this.high - this.low) / (2 * (N_STOPS - 1));
      const name = store.data.axes[axis];
      const isResidual = axis === store.residual;
      this.title.textContent = isResidual ? "What do the components miss?" : `What does ${name} measure?`;
      this.note.textContent = isResidual
        ? "The residual is the distance of a window from PC space. Drag along it: the windows there light up " +
          "above. Below each mark, windows of this image that lie there."
        : `Drag along ${name}: the windows there light up above. Top row: the average window with ${name} of ` +
          `that size and nothing else. Below: windows of this image that lie there.`;
      this.slider.setAttribute("aria-label", `Position along ${name}`);
      const at = al.clamp(0, this.low, this.high);
      this.slider.value = String(Math.round((STEPS * (at - this.low)) / (this.high - this.low || 1)));
      this.name(at);
      this.fill();
    }

    /** @param {number} at */
    name(at) {
      this.slider.setAttribute("aria-valuetext", `${this.store.data.axes[this.axis]} ${al.format(at)}`);
    }

    /** @param {number} step */
    stand(step) {
      if (!this.store.cloud) return;
      const at = this.low + ((this.high - this.low) * step) / STEPS;
      this.name(at);
      this.store.change({ selection: this.around(at) });
    }

    /**
     * What lies about a position along the axis.
     * @param {number} at
     * @returns {Al.Selection}
     */
    around(at) {
      const { axis, width, store } = this;
      return { kind: "interval", axes: [store.data.axes[axis]], numbers: [at - width, at + width] };
    }

    toggle() {
      if (this.clock) this.pause();
      else {
        this.play.textContent = "❚❚ Pause";
        if (Number(this.slider.value) >= STEPS) this.slider.value = "0";
        this.clock = setInterval(() => this.advance(), PACE);
      }
    }
    advance() {
      const next = Number(this.slider.value) + 2;
      if (next > STEPS || !this.node.isConnected) this.pause();
      else this.go(next);
    }
    /** @param {number} step */
    go(step) {
      this.slider.value = String(step);
      this.stand(step);
    }
    pause() {
      clearInterval(this.clock);
      this.clock = undefined;
      this.play.textContent = "▶ Play";
    }

    fill() {
      const { store, axis, width } = this;
      const cloud = al.given(store.cloud);
      const along = cloud.along[store.residual];
      const write = al.tickWords([0, 2 * width >= 2 ? Math.round(2 * width) : 2 * width || 1]);
      const word = (/** @type {number} */ value) => write(value).replace(/^−(?=0[.0]*$)/, "");
      const stops = Array.from({ length: N_STOPS }, (_, k) => {
        const at = this.placeOf(k);
        const near = al.pcWindows(this.around(at), cloud);
        const clean = (/** @type {number} */ i) => (axis === store.residual ? -Math.abs(along[i] - at) : -along[i]);
        const found = al.pcExtremes(cloud, near, EACH, clean);
        const parts = axis === store.residual ? [] : [this.typical(at)];
        const go = () => this.go(Math.round((STEPS * k) / (N_STOPS - 1)));
        const value = al.el(
          "button",
          {
            type: "button",
            class: "al-pc-stop-value",
            onclick: go,
            "aria-label": `Go to ${store.data.axes[axis]} ${word(at)}`,
          },
          word(at),
        );
        return al.el("div", { class: "al-pc-stop" }, value, ...parts, ...found.map((i) => al.pcPatchButton(store, i)));
      });
      this.stops.replaceChildren(...stops);
    }

    /** @param {number} value */
    typical(value) {
      const side = this.store.data.window;
      const canvas = al.el("canvas", {
        width: side,
        height: side,
        class: "al-pc-patch al-is-made",
        "aria-hidden": "true",
      });
      const picture = new ImageData(side, side);
      this.store.space.typical(this.axis, value).forEach((level, i) => {
        picture.data.fill(255 * (0.5 + level / (2 * LEVELS)), 4 * i, 4 * i + 3);
        picture.data[4 * i + 3] = 255;
      });
      al.pen(canvas).putImageData(picture, 0, 0);
      return canvas;
    }
  };
})();
