// The cloud of the windows of an image: drag to select or move, turn the wheel to zoom.
(() => {
  "use strict";
  const al = window.anomalylab;
  const REACH = 9; // pixels within which a window is pointed at
  const TURN = 650; // milliseconds in which the cloud turns to other axes
  const KEYS = { "+": 1 / 1.4, "=": 1 / 1.4, "-": 1.4 };

  al.PcPlane = class {
    constructor(store) {
      Object.assign(this, { store, side: 0, fingers: new Map() });
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

    resize(side) {
      this.side = side;
      this.ratio = Math.min(window.devicePixelRatio || 1, 2);
      this.canvas.width = this.canvas.height = Math.round(side * this.ratio);
      this.svg.setAttribute("viewBox", `0 0 ${side} ${side}`);
      this.draw();
    }

    hear(changes) {
      if ("progress" in changes) this.wait();
      if (Object.keys(changes).some((key) => !["progress", "tool", "n"].includes(key))) this.draw();
      if ("tool" in changes) this.node.dataset.tool = changes.tool;
    }

    // Progress shows only where there is something to wait for.
    wait() {
      const { progress, failure } = this.store.state;
      this.bar.value = progress;
      clearTimeout(this.timer);
      if (progress >= 1 || failure) this.bar.hidden = true;
      else if (this.bar.hidden) this.timer = setTimeout(() => (this.bar.hidden = this.store.state.progress >= 1), 150);
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
      const context = canvas.getContext("2d");
      context.clearRect(0, 0, canvas.width, canvas.height);
      const part = this.turned(start);
      if (part === 1) {
        if (layers.normal) this.under(context, this.layers.grounds, store.data.extent, true);
        if (layers.odds) this.under(context, this.layers.odds, store.data.limit, false);
      }
      if (store.cloud) this.points(context, part);
      this.svg.replaceChildren(...(part === 1 ? al.pcLines(store, side) : []), this.area, this.ring);
      this.failure.hidden = !failure;
      this.failure.textContent = failure ? `This image cannot be shown: ${failure}.` : "";
      this.milliseconds = performance.now() - start;
      if (part < 1) this.draw();
    }

    // How far the cloud has turned from the axes that were shown before to those of now: 0 to 1.
    turned(now) {
      const { x, y, view } = this.store.state;
      const { shown } = this;
      const isOther = shown && (shown.x !== x || shown.y !== y);
      if (isOther && this.store.cloud && !matchMedia("(prefers-reduced-motion: reduce)").matches)
        Object.assign(this, { last: shown, since: now });
      this.shown = { x, y, view };
      const t = this.last ? Math.min(1, (now - this.since) / TURN) : 1;
      if (t === 1) this.last = null;
      return t * t * (3 - 2 * t);
    }

    points(context, part) {
      const { store, canvas, last, ratio, shown } = this;
      const { scale } = store.state;
      const { palettes, lit, data } = store;
      const raster = al.pcRaster(store.cloud, {
        plane: shown,
        last,
        part,
        side: canvas.width,
        lit,
        scale,
        palettes,
        faintest: data.faintest,
        ratio,
      });
      this.sheet = this.sheet || al.el("canvas");
      this.sheet.width = this.sheet.height = canvas.width;
      this.sheet.getContext("2d").putImageData(raster, 0, 0);
      context.drawImage(this.sheet, 0, 0);
    }

    // Lay a picture that reaches from -limit to limit under the cloud; transposed if need be.
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

    mark(i) {
      const { store, ring, words } = this;
      ring.setAttribute("visibility", i === null ? "hidden" : "visible");
      words.replaceChildren(...(i === null ? [] : [store.words(i), al.pcPatch(store, i)]));
      if (i === null) return;
      const frame = al.pcFrame(store.state.view, this.side);
      ring.setAttribute("cx", frame.x(store.cloud.along[store.state.x][i]));
      ring.setAttribute("cy", frame.y(store.cloud.along[store.state.y][i]));
    }

    nearest([px, py]) {
      const { cloud, state } = this.store;
      const frame = al.pcFrame(state.view, this.side);
      const [vx, vy] = [frame.atX(px), frame.atY(py)];
      const [sx, sy] = [frame.x(1) - frame.x(0), frame.y(0) - frame.y(1)];
      const [across, up] = [cloud.along[state.x], cloud.along[state.y]];
      let [best, least] = [null, REACH * REACH];
      for (let i = 0; i < cloud.n; i += 1) {
        const far = ((across[i] - vx) * sx) ** 2 + ((up[i] - vy) * sy) ** 2;
        if (far < least) [best, least] = [i, far];
      }
      return best;
    }

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
      node.addEventListener("pointermove", (event) => this.store.cloud && this.drag(event));
      const finish = (event) => {
        if (this.path && event.type === "pointerup") this.finish(this.path);
        fingers.delete(event.pointerId);
        this.path = null;
        this.area.setAttribute("d", "");
      };
      node.addEventListener("pointerup", finish);
      node.addEventListener("pointercancel", finish);
      node.addEventListener("pointerleave", () => this.store.pointAt(null));
    }

    drag(event) {
      const { store, fingers, path } = this;
      const at = this.place(event);
      if (!fingers.has(event.pointerId)) return store.pointAt(this.nearest(at));
      const before = fingers.get(event.pointerId);
      fingers.set(event.pointerId, at);
      if (fingers.size === 2) return this.pinch(event.pointerId, before, at);
      if (!path) return undefined;
      path.push(at);
      if (store.state.tool === "move") return this.shift(before, at);
      return this.area.setAttribute(
        "d",
        `M${this.outline(path)
          .map((p) => p.join(" "))
          .join("L")}Z`,
      );
    }

    shift(before, at) {
      const frame = al.pcFrame(this.store.state.view, this.side);
      this.store.move(frame.atX(at[0]) - frame.atX(before[0]), frame.atY(at[1]) - frame.atY(before[1]));
    }

    pinch(id, before, at) {
      const [, other] = [...this.fingers].find(([key]) => key !== id);
      const length = (p) => Math.hypot(p[0] - other[0], p[1] - other[1]) || 1;
      const frame = al.pcFrame(this.store.state.view, this.side);
      this.store.zoom(length(before) / length(at), [frame.atX(other[0]), frame.atY(other[1])]);
    }

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

    // A drag selects what it encloses, a click on empty ground clears.
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

    // The page scrolls on unless the cloud was clicked before, or a key asks for the zoom.
    wheel(event) {
      if (!event.ctrlKey && !event.metaKey && !this.node.contains(document.activeElement)) return;
      event.preventDefault();
      const [px, py] = this.place(event);
      const frame = al.pcFrame(this.store.state.view, this.side);
      this.store.zoom(Math.exp(al.clamp(event.deltaY, -200, 200) / 400), [frame.atX(px), frame.atY(py)]);
    }

    key(event) {
      const { store } = this;
      if (event.ctrlKey || event.metaKey) return;
      if (event.key === "0") store.change({ view: store.homeView() });
      if (event.key in KEYS) this.zoomBy(KEYS[event.key]);
    }
    zoomBy(factor) {
      const [left, right, bottom, top] = this.store.state.view;
      this.store.zoom(factor, [(left + right) / 2, (bottom + top) / 2]);
    }
  };

  const pictures = (urls) => new Map(Object.entries(urls).map(([pair, src]) => [pair, al.el("img", { src, alt: "" })]));

  function boundsOf(vertices) {
    const [xs, ys] = [0, 1].map((part) => vertices.map((vertex) => vertex[part]));
    return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  }
})();
