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
      /** @type {Map<number, Al.Pair>} where each finger is, by its pointer */
      this.fingers = new Map();
      /** @type {Al.Pair[] | null} */
      this.path = null;
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
      this.listenToPointer();
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

    listenToPointer() {
      const { node, fingers } = this;
      node.addEventListener("pointerdown", (event) => {
        if (event.button || !this.store.cloud) return;
        node.setPointerCapture(event.pointerId);
        fingers.set(event.pointerId, this.place(event));
        this.path = fingers.size === 1 ? [this.place(event)] : null;
        this.area.setAttribute("d", "");
      });
      node.addEventListener("pointermove", (event) => {
        if (this.store.cloud) this.drag(event);
      });
      const finish = (/** @type {PointerEvent} */ event) => {
        if (this.path && event.type === "pointerup") this.finish(this.path);
        fingers.delete(event.pointerId);
        this.path = null;
        this.area.setAttribute("d", "");
      };
      node.addEventListener("pointerup", finish);
      node.addEventListener("pointercancel", finish);
      node.addEventListener("pointerleave", () => this.store.pointAt(null));
    }

    /** @param {PointerEvent} event */
    drag(event) {
      const { store, fingers, path } = this;
      const at = this.place(event);
      const before = fingers.get(event.pointerId);
      if (!before) {
        store.pointAt(this.nearest(at));
        return;
      }
      fingers.set(event.pointerId, at);
      path?.push(at);
      if (fingers.size === 2) this.pinch(event.pointerId, before, at);
      else if (path && store.state.tool === "move") this.shift(before, at);
      else if (path) this.drawOutline(path);
    }

    /** @param {Al.Pair[]} path */
    drawOutline(path) {
      const corners = this.outline(path).map((p) => p.join(" "));
      this.area.setAttribute("d", `M${corners.join("L")}Z`);
    }

    /**
     * @param {Al.Pair} before
     * @param {Al.Pair} at
     */
    shift(before, at) {
      const frame = al.pcFrame(this.store.state.view, this.side);
      this.store.move(frame.atX(at[0]) - frame.atX(before[0]), frame.atY(at[1]) - frame.atY(before[1]));
    }

    /**
     * @param {number} id of the finger that moves
     * @param {Al.Pair} before
     * @param {Al.Pair} at
     */
    pinch(id, before, at) {
      const [, other] = al.given([...this.fingers].find(([key]) => key !== id));
      const length = (/** @type {Al.Pair} */ p) => Math.hypot(p[0] - other[0], p[1] - other[1]) || 1;
      const frame = al.pcFrame(this.store.state.view, this.side);
      this.store.zoom(length(before) / length(at), [frame.atX(other[0]), frame.atY(other[1])]);
    }

    /**
     * @param {Al.Pair[]} path
     * @returns {Al.Pair[]}
     */
    outline(path) {
      if (this.store.state.tool === "lasso") return path;
      const [[x0, y0], [x1, y1]] = [path[0], path[path.length - 1]];
      return [
        [x0, y0],
        [x1, y0],
        [x1, y1],
        [x0, y1],
      ];
    }

    /**
     * A drag selects what it encloses, a click on empty ground clears.
     * @param {Al.Pair[]} path
     */
    finish(path) {
      const { store } = this;
      const { view, tool } = store.state;
      const isClick = path.every(([px, py]) => Math.hypot(px - path[0][0], py - path[0][1]) < 4);
      if (isClick) {
        const i = this.nearest(path[0]);
        store.change({ selection: i === null ? null : store.near([store.centre(i)]) });
        return;
      }
      if (tool === "move") return;
      const frame = al.pcFrame(view, this.side);
      const vertices = this.outline(path).map(([px, py]) => [frame.atX(px), frame.atY(py)]);
      store.change({ selection: store.inPlane(tool, tool === "lasso" ? vertices.flat() : boundsOf(vertices)) });
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

  /** @param {number[][]} vertices */
  function boundsOf(vertices) {
    const [xs, ys] = [0, 1].map((part) => vertices.map((vertex) => vertex[part]));
    return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  }
})();
