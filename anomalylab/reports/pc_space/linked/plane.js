// The cloud of the windows of an image: drag to select or move, turn the wheel to zoom.
(() => {
  "use strict";
  const al = window.anomalylab;
  const REACH = 9; // pixels within which a window is pointed at
  const TURN = 650; // milliseconds in which the cloud turns to other axes
  /** @type {Record<string, number | undefined>} */
  const ZOOMS = { "+": 1 / 1.4, "=": 1 / 1.4, "-": 1.4 };

  al.PcPlane = class {
    /** @param {Al.PcStore} store */
    constructor(store) {
      this.store = store;
      this.side = 0;
      this.ratio = 1;
      this.isAsked = false; // to draw in the next frame
      this.milliseconds = 0;
      this.since = 0;
      /** @type {ReturnType<typeof setTimeout> | undefined} */
      this.timer = undefined;
      /** @type {Al.Plane | null} what is on show, and what it turns from */
      this.shown = null;
      /** @type {Al.Plane | null} */
      this.last = null;
      this.sheet = al.el("canvas");
      this.canvas = al.el("canvas", { "aria-hidden": "true" });
      this.svg = al.svg("svg", { "aria-hidden": "true" });
      this.area = al.svg("path", { class: "al-lasso" });
      this.ring = al.svg("circle", { class: "al-pc-ring", r: 7, visibility: "hidden" });
      this.words = al.el("div", { class: "al-pc-readout", "aria-hidden": "true" });
      this.bar = al.el("progress", { max: 1, hidden: true, "aria-label": "Windows computed" });
      this.failure = al.el("p", { class: "al-pc-failure", hidden: true });
      const label =
        "Cloud of the windows of the image. Drag to select, plus and minus zoom, 0 shows all, Escape clears, " +
        "left and right arrow change the image.";
      this.node = al.el(
        "div",
        { class: "al-pc-plane", tabindex: 0, role: "application", "aria-label": label },
        this.canvas,
        this.svg,
        this.words,
        this.bar,
        this.failure,
      );
      this.layers = {
        grounds: pictures(store.data.grounds),
        odds: pictures(store.data.odds ? store.data.odds.pictures : {}),
      };
      Object.values(this.layers).forEach((images) => images.forEach((image) => image.decode().then(() => this.draw())));
      this.gestures = new al.PcGestures(this);
      this.node.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
      this.node.addEventListener("dblclick", () => store.change({ view: store.homeView() }));
      this.node.addEventListener("keydown", (event) => this.key(event));
      store.listen((changes) => this.hear(changes));
      store.follow((i) => this.mark(i));
    }

    /** @param {number} side */
    resize(side) {
      this.side = side;
      this.ratio = Math.min(window.devicePixelRatio || 1, 2);
      this.canvas.width = this.canvas.height = Math.round(side * this.ratio);
      this.svg.setAttribute("viewBox", `0 0 ${side} ${side}`);
      this.draw();
    }

    /** @param {Al.PcChanges} changes */
    hear(changes) {
      if ("progress" in changes || "failure" in changes) this.wait();
      if (Object.keys(changes).some((key) => !["progress", "tool", "n"].includes(key))) this.draw();
      if (changes.tool) this.node.dataset.tool = changes.tool;
    }

    // Progress shows only where there is something to wait for.
    wait() {
      const { progress, failure } = this.store.state;
      this.bar.value = progress;
      clearTimeout(this.timer);
      if (progress >= 1 || failure) this.bar.hidden = true;
      else if (this.bar.hidden) this.timer = setTimeout(() => this.showBar(), 150);
    }
    showBar() {
      this.bar.hidden = this.store.state.progress >= 1;
    }

    draw() {
      if (!this.side || this.isAsked) return;
      this.isAsked = true;
      requestAnimationFrame(() => {
        this.isAsked = false;
        this.paint();
      });
    }

    paint() {
      const { store, canvas, side } = this;
      const { layers, failure } = store.state;
      const start = performance.now();
      const context = al.pen(canvas);
      context.clearRect(0, 0, canvas.width, canvas.height);
      const { x, y, view } = store.state;
      const part = this.turned({ x, y, view }, start);
      if (part === 1) {
        if (layers.normal) this.under(context, this.layers.grounds, store.data.extent, true);
        if (layers.odds) this.under(context, this.layers.odds, store.data.limit, false);
      }
      if (store.cloud) this.points(context, store.cloud, part);
      this.svg.replaceChildren(...(part === 1 ? al.pcLines(store, side) : []), this.area, this.ring);
      this.failure.hidden = !failure;
      this.failure.textContent = failure ? `This image cannot be shown: ${failure}.` : "";
      this.milliseconds = performance.now() - start;
      if (part < 1) this.draw();
    }

    /**
     * How far the cloud has turned from the axes that were shown before to those of now: 0 to 1.
     * @param {Al.Plane} plane
     * @param {number} now in milliseconds
     */
    turned(plane, now) {
      const { shown } = this;
      const isOther = shown && (shown.x !== plane.x || shown.y !== plane.y);
      if (isOther && this.store.cloud && !matchMedia("(prefers-reduced-motion: reduce)").matches) {
        this.last = shown;
        this.since = now;
      }
      this.shown = plane;
      const t = this.last ? Math.min(1, (now - this.since) / TURN) : 1;
      if (t === 1) this.last = null;
      return t * t * (3 - 2 * t);
    }

    /**
     * @param {CanvasRenderingContext2D} context
     * @param {Al.Cloud} cloud
     * @param {number} part
     */
    points(context, cloud, part) {
      const { store, canvas, last, ratio } = this;
      const { scale } = store.state;
      const { palettes, lit, data } = store;
      const raster = al.pcRaster(cloud, {
        plane: store.state,
        last,
        part,
        side: canvas.width,
        lit,
        scale,
        palettes,
        faintest: data.faintest,
        ratio,
      });
      this.sheet.width = this.sheet.height = canvas.width;
      al.pen(this.sheet).putImageData(raster, 0, 0);
      context.drawImage(this.sheet, 0, 0);
    }

    /**
     * Lay a picture that reaches from -limit to limit under the cloud; transposed if need be.
     * @param {CanvasRenderingContext2D} context
     * @param {Map<string, HTMLImageElement>} images by pair of axes
     * @param {number} limit
     * @param {boolean} isSmooth
     */
    under(context, images, limit, isSmooth) {
      const { x, y, view } = this.store.state;
      const straight = images.get(`${x},${y}`);
      const image = straight || images.get(`${y},${x}`);
      if (!image?.complete) return;
      const frame = al.pcFrame(view, this.canvas.width);
      const [left, top, wide, high] = [
        frame.x(-limit),
        frame.y(limit),
        frame.x(limit) - frame.x(-limit),
        frame.y(-limit) - frame.y(limit),
      ];
      context.save();
      context.imageSmoothingEnabled = isSmooth;
      context.globalAlpha = isSmooth ? 1 : 0.62;
      if (straight) context.drawImage(image, left, top, wide, high);
      else {
        // exchanging the axes turns the picture about its rising diagonal
        context.transform(0, -1, -1, 0, left + wide, top + high);
        context.drawImage(image, 0, 0, high, wide);
      }
      context.restore();
    }

    /** @param {number | null} i */
    mark(i) {
      const { store, ring, words } = this;
      ring.setAttribute("visibility", i === null ? "hidden" : "visible");
      words.replaceChildren(...(i === null ? [] : [store.words(i), al.pcPatch(store, i)]));
      if (i === null) return;
      const { x, y, view } = store.state;
      const frame = al.pcFrame(view, this.side);
      const { along } = al.given(store.cloud);
      al.set(ring, { cx: frame.x(along[x][i]), cy: frame.y(along[y][i]) });
    }

    /**
     * The window at a place, null if none is within reach.
     * @param {Al.Pair} place
     */
    nearest([px, py]) {
      const { state } = this.store;
      const cloud = al.given(this.store.cloud);
      const frame = al.pcFrame(state.view, this.side);
      const [vx, vy] = [frame.atX(px), frame.atY(py)];
      const [sx, sy] = [frame.x(1) - frame.x(0), frame.y(0) - frame.y(1)];
      const [across, up] = [cloud.along[state.x], cloud.along[state.y]];
      /** @type {number | null} */
      let best = null;
      let least = REACH * REACH;
      for (let i = 0; i < cloud.n; i += 1) {
        const far = ((across[i] - vx) * sx) ** 2 + ((up[i] - vy) * sy) ** 2;
        if (far < least) [best, least] = [i, far];
      }
      return best;
    }

    /**
     * @param {MouseEvent} event
     * @returns {Al.Pair}
     */
    place(event) {
      const box = this.node.getBoundingClientRect();
      return [
        ((event.clientX - box.left) / box.width) * this.side,
        ((event.clientY - box.top) / box.height) * this.side,
      ];
    }

    /**
     * The page scrolls on unless the cloud was clicked before, or a key asks for the zoom.
     * @param {WheelEvent} event
     */
    wheel(event) {
      if (!event.ctrlKey && !event.metaKey && !this.node.contains(document.activeElement)) return;
      event.preventDefault();
      const [px, py] = this.place(event);
      const frame = al.pcFrame(this.store.state.view, this.side);
      this.store.zoom(Math.exp(al.clamp(event.deltaY, -200, 200) / 400), [frame.atX(px), frame.atY(py)]);
    }

    /** @param {KeyboardEvent} event */
    key(event) {
      const { store } = this;
      if (event.ctrlKey || event.metaKey) return;
      if (event.key === "0") store.change({ view: store.homeView() });
      const factor = ZOOMS[event.key];
      if (factor) this.zoomBy(factor);
    }
    /** @param {number} factor */
    zoomBy(factor) {
      const [left, right, bottom, top] = this.store.state.view;
      this.store.zoom(factor, [(left + right) / 2, (bottom + top) / 2]);
    }
  };

  const pictures = (/** @type {Record<string, string>} */ urls) =>
    new Map(Object.entries(urls).map(([pair, src]) => [pair, al.el("img", { src, alt: "" })]));
})();
