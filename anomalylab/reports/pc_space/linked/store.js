// What is shown of PC space, in one place: whoever changes it tells the rest.
(() => {
  "use strict";
  const al = window.anomalylab;

  al.PcStore = class {
    /** @param {Al.PcPayload} data */
    constructor(data) {
      this.data = data;
      this.space = new al.PcSpace(data);
      const { inferno, ice, amber, diverging_dark } = data.palettes;
      this.palettes = {
        inferno: al.bytes(inferno),
        ice: al.bytes(ice),
        amber: al.bytes(amber),
        diverging_dark: al.bytes(diverging_dark),
      };
      data.images.forEach((image) => {
        image.url = `data:image/png;base64,${image.src}`;
      });
      this.residual = data.axes.length - 1;
      /** @type {((changes: Al.PcChanges) => void)[]} */
      this.listeners = [];
      /** @type {((i: number | null) => void)[]} */
      this.followers = [];
      /** @type {Map<number, HTMLImageElement>} */
      this.pictures = new Map();
      /** @type {number | null} */
      this.point = null;
      /** @type {Al.Cloud | null} */
      this.cloud = null;
      /** @type {Al.Lit | undefined} */
      this.lit = undefined; // nothing is computed yet
      this.count = 0;
      /** @type {number | null} */
      this.share = null;
      /** @type {Al.PcState} */
      this.state = {
        i: data.start,
        x: 0,
        y: data.up,
        n: data.sigma,
        tool: "lasso",
        scale: "log",
        layers: { normal: true, ellipses: true, grid: false, odds: false },
        selection: null,
        progress: 0,
        failure: null,
        view: [0, 1, 0, 1],
      };
      this.state.view = this.homeView();
      this.state.selection = this.beyond();
    }

    get image() {
      return this.data.images[this.state.i];
    }
    get picture() {
      return al.given(this.pictures.get(this.state.i));
    }

    /** @param {(changes: Al.PcChanges) => void} listener */
    listen(listener) {
      this.listeners.push(listener);
    }
    /**
     * Followers hear of every window that is pointed at, and of nothing else.
     * @param {(i: number | null) => void} follower
     */
    follow(follower) {
      this.followers.push(follower);
    }
    /** @param {number | null} i */
    pointAt(i) {
      if (i === this.point) return;
      this.point = i;
      this.followers.forEach((follower) => follower(i));
    }

    /** @param {Al.PcChanges} changes */
    change(changes) {
      const { state } = this;
      const isTurned = "x" in changes || "y" in changes;
      const before = { x: state.x, y: state.y };
      Object.assign(state, changes);
      // an axis that is chosen twice changes places with the other
      if (state.x === state.y) Object.assign(state, "x" in changes ? { y: before.x } : { x: before.y });
      if (isTurned) {
        state.view = this.homeView();
        if (state.selection && state.selection.kind === "beyond") changes.selection = state.selection = this.beyond();
      }
      if (isTurned || "selection" in changes) this.select();
      this.listeners.forEach((listener) => listener(changes));
    }

    select() {
      if (!this.cloud) return;
      this.lit = al.pcWindows(this.state.selection, this.cloud);
      this.count = this.lit ? al.pcCount(this.lit) : 0;
      this.share = al.pcShare(this.cloud, this.lit);
      this.pointAt(null);
    }

    /**
     * Show image i: what is selected in PC space stays, what is selected in the image does not.
     * @param {number} i
     */
    async open(i) {
      const { state } = this;
      this.pointAt(null);
      this.cloud = null;
      if (state.selection && al.PC_KINDS[state.selection.kind].place === "image") state.selection = this.beyond();
      this.change({ i, progress: 0, failure: null });
      try {
        const ready = await Promise.all([
          this.space.cloud(i, (progress) => {
            if (state.i === i) this.change({ progress });
          }),
          this.load(i),
        ]);
        if (state.i !== i) return;
        [this.cloud] = ready;
      } catch (error) {
        if (state.i === i) this.change({ failure: error instanceof Error ? error.message : String(error) });
        return;
      }
      this.select();
      this.change({ progress: 1, cloud: true, failure: null });
    }
    /** @param {number} by */
    step(by) {
      const n = this.data.images.length;
      this.open((this.state.i + by + n) % n);
    }

    /** @param {number} i */
    async load(i) {
      if (this.pictures.has(i)) return;
      const picture = al.el("img", { src: this.data.images[i].url, alt: "" });
      await picture.decode();
      this.pictures.set(i, picture);
    }

    beyond(n = this.state.n) {
      const { sigmas, middles } = this.data;
      const axes = [this.state.x, this.state.y];
      return this.inPlane("beyond", [...axes.map((axis) => middles[axis]), ...axes.map((axis) => n * sigmas[axis])]);
    }
    /**
     * A selection in the plane that is shown.
     * @param {Al.Selection["kind"]} kind
     * @param {number[]} numbers
     * @returns {Al.Selection}
     */
    inPlane(kind, numbers) {
      return { kind, axes: [this.state.x, this.state.y].map((axis) => this.data.axes[axis]), numbers };
    }
    /**
     * What lies within half a window of pixels, each a row and a column.
     * @param {Al.Pair[]} pixels
     * @returns {Al.Selection}
     */
    near(pixels) {
      return { kind: "point", axes: [], numbers: [...pixels.flat(), this.data.window >> 1] };
    }

    /**
     * @param {number} axis
     * @returns {Al.Pair}
     */
    range(axis) {
      const { component, residual } = this.data.home;
      return axis === this.residual ? [-0.04 * residual, residual] : [-component, component];
    }
    /** @returns {Al.View} */
    homeView() {
      return [...this.range(this.state.x), ...this.range(this.state.y)];
    }
    /**
     * @param {number} factor by which the view grows
     * @param {Al.Pair} at what stays in its place
     */
    zoom(factor, [x, y]) {
      const [left, right, bottom, top] = this.state.view;
      const home = this.homeView();
      const wide = (right - left) * factor;
      if (wide > 4 * (home[1] - home[0]) || wide < (home[1] - home[0]) / 200) return;
      this.change({
        view: [x + (left - x) * factor, x + (right - x) * factor, y + (bottom - y) * factor, y + (top - y) * factor],
      });
    }
    /**
     * @param {number} dx
     * @param {number} dy
     */
    move(dx, dy) {
      const [left, right, bottom, top] = this.state.view;
      this.change({ view: [left - dx, right - dx, bottom - dy, top - dy] });
    }

    /**
     * What makes a window extreme in this view.
     * @param {number} i
     */
    extremeness(i) {
      const { residual } = this;
      const cloud = al.given(this.cloud);
      const isResidual = this.state.x === residual || this.state.y === residual;
      return isResidual ? cloud.along[residual][i] : cloud.distance[i];
    }
    /**
     * Pixel of the image at which a window has its centre.
     * @param {number} i
     * @returns {Al.Pair}
     */
    centre(i) {
      const { nCols, window: side } = al.given(this.cloud);
      return [Math.floor(i / nCols) + (side >> 1), (i % nCols) + (side >> 1)];
    }
    /**
     * @param {number} row
     * @param {number} col
     */
    windowAt(row, col) {
      const { nRows, nCols, window: side } = al.given(this.cloud);
      const half = side >> 1;
      return al.clamp(row - half, 0, nRows - 1) * nCols + al.clamp(col - half, 0, nCols - 1);
    }
    /** @param {number} i */
    words(i) {
      const { along } = al.given(this.cloud);
      return this.data.axes.map((name, axis) => `${name} ${al.group(along[axis][i].toFixed(1))}`).join(" · ");
    }
  };
})();
