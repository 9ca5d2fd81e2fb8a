// What is shown of PC space, in one place: whoever changes it tells the rest.
(() => {
  "use strict";
  const al = window.anomalylab;

  al.PcStore = class {
    constructor(data) {
      this.data = data;
      this.space = new al.PcSpace(data);
      this.palettes = Object.fromEntries(Object.entries(data.palettes).map(([name, text]) => [name, al.bytes(text)]));
      data.images.forEach((image) => (image.url = `data:image/png;base64,${image.src}`));
      this.residual = data.axes.length - 1;
      this.listeners = [];
      this.followers = [];
      this.pictures = new Map();
      this.point = null;
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
      };
      this.state.view = this.homeView();
      this.state.selection = this.beyond();
    }

    get image() {
      return this.data.images[this.state.i];
    }
    get picture() {
      return this.pictures.get(this.state.i);
    }

    listen(listener) {
      this.listeners.push(listener);
    }
    // Followers hear of every window that is pointed at, and of nothing else.
    follow(follower) {
      this.followers.push(follower);
    }
    pointAt(i) {
      if (i === this.point) return;
      this.point = i;
      this.followers.forEach((follower) => follower(i));
    }

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

    // Show image i: what is selected in PC space stays, what is selected in the image does not.
    async open(i) {
      const { state } = this;
      this.pointAt(null);
      this.cloud = null;
      if (state.selection && al.PC_KINDS[state.selection.kind].place === "image") state.selection = this.beyond();
      this.change({ i, progress: 0 });
      try {
        const ready = await Promise.all([
          this.space.cloud(i, (progress) => state.i === i && this.change({ progress })),
          this.load(i),
        ]);
        if (state.i !== i) return;
        [this.cloud] = ready;
      } catch (error) {
        if (state.i === i) this.change({ failure: error.message });
        return;
      }
      this.select();
      this.change({ progress: 1, cloud: true, failure: null });
    }
    step(by) {
      const n = this.data.images.length;
      this.open((this.state.i + by + n) % n);
    }

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
    // A selection in the plane that is shown.
    inPlane(kind, numbers) {
      return { kind, axes: [this.state.x, this.state.y].map((axis) => this.data.axes[axis]), numbers };
    }
    // What lies within half a window of pixels, each a row and a column.
    near(pixels) {
      return { kind: "point", axes: [], numbers: [...pixels.flat(), this.data.window >> 1] };
    }

    range(axis) {
      const { component, residual } = this.data.home;
      return axis === this.residual ? [-0.04 * residual, residual] : [-component, component];
    }
    homeView() {
      return [...this.range(this.state.x), ...this.range(this.state.y)];
    }
    zoom(factor, [x, y]) {
      const [left, right, bottom, top] = this.state.view;
      const home = this.homeView();
      const wide = (right - left) * factor;
      if (wide > 4 * (home[1] - home[0]) || wide < (home[1] - home[0]) / 200) return;
      this.change({
        view: [x + (left - x) * factor, x + (right - x) * factor, y + (bottom - y) * factor, y + (top - y) * factor],
      });
    }
    move(dx, dy) {
      const [left, right, bottom, top] = this.state.view;
      this.change({ view: [left - dx, right - dx, bottom - dy, top - dy] });
    }

    // What makes a window extreme in this view.
    extremeness(i) {
      const { cloud, residual } = this;
      const isResidual = this.state.x === residual || this.state.y === residual;
      return isResidual ? cloud.along[residual][i] : cloud.distance[i];
    }
    // Pixel of the image at which a window has its centre.
    centre(i) {
      const { nCols, window: side } = this.cloud;
      return [Math.floor(i / nCols) + (side >> 1), (i % nCols) + (side >> 1)];
    }
    windowAt(row, col) {
      const { nRows, nCols, window: side } = this.cloud;
      const half = side >> 1;
      return al.clamp(row - half, 0, nRows - 1) * nCols + al.clamp(col - half, 0, nCols - 1);
    }
    words(i) {
      return this.data.axes
        .map((name, axis) => `${name} ${al.group(this.cloud.along[axis][i].toFixed(1))}`)
        .join(" · ");
    }
  };
})();
