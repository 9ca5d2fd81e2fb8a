// Images as points: near ones look alike to the network. Drag to select.
(() => {
  "use strict";
  const al = window.anomalylab;
  const MARGIN = 14;

  /** @type {Record<string, number | undefined>} */
  const KEYS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

  al.Embedding = class {
    /**
     * @param {Al.Store} store
     * @param {Al.Show} show
     */
    constructor(store, { tip, open }) {
      this.store = store;
      this.tip = tip;
      this.open = open;
      this.shape = "lasso";
      this.current = -1;
      this.width = 0;
      this.height = 0;
      /** @type {Al.Pair[]} */
      this.points = [];
      /** @type {SVGCircleElement[]} */
      this.dots = [];
      this.shapes = ["lasso", "box"].map((shape) => this.shapeButton(shape));
      this.area = al.svg("path", { class: "al-lasso" });
      this.svg = al.svg("svg", {
        class: "al-plot al-embedding-plot",
        tabindex: 0,
        role: "application",
        "aria-label":
          "Embedding of the images. Left and right arrow step through images, space selects, Enter enlarges, " +
          "Escape clears.",
      });
      this.legend = al.el("p", { class: "al-note al-keys" });
      this.node = al.el("div", { class: "al-embedding" }, this.controls(), this.svg, this.legend);
      this.listenToPointer();
      this.svg.addEventListener("keydown", (event) => this.key(event));
      this.svg.addEventListener("blur", () => this.tip.hide());
      al.whenResized(this.node, (width) => this.draw(width));
      store.listen((changes) => {
        if (this.width) this.mark(changes);
      });
    }

    controls() {
      const { store } = this;
      const choices = [
        ...(store.data.isLabelled ? ["label"] : []),
        "score",
        ...store.filterColumns().map(([name]) => name),
      ];
      /** @type {HTMLSelectElement} */
      const select = al.el(
        "select",
        { onchange: () => store.change({ colourBy: select.value }) },
        ...choices.map((name) => al.el("option", { value: name }, name.replaceAll("_", " "))),
      );
      return al.el(
        "div",
        { class: "al-fields" },
        al.el("label", { class: "al-field" }, al.el("span", {}, "Colour by"), select),
        al.el("div", { class: "al-segments", role: "group", "aria-label": "Shape of the selection" }, ...this.shapes),
      );
    }

    /** @param {string} shape */
    shapeButton(shape) {
      return al.el(
        "button",
        {
          type: "button",
          "data-shape": shape,
          "aria-pressed": String(shape === this.shape),
          onclick: () => this.reshape(shape),
        },
        shape,
      );
    }

    /** @param {string} shape */
    reshape(shape) {
      this.shape = shape;
      for (const button of this.shapes) button.setAttribute("aria-pressed", String(button.dataset.shape === shape));
    }

    /** @param {number} width */
    draw(width) {
      this.width = width;
      this.height = Math.round(Math.min(width, 420));
      const { query, training } = this.store.data.embedding;
      const all = [...query, ...training];
      const [xs, ys] = [all.map((p) => p[0]), all.map((p) => p[1])];
      const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
      const zoom = Math.min((width - 2 * MARGIN) / (right - left || 1), (this.height - 2 * MARGIN) / (high - low || 1));
      /** @type {(at: Al.Pair) => Al.Pair} */
      const place = ([x, y]) => [
        width / 2 + (x - (left + right) / 2) * zoom,
        this.height / 2 - (y - (low + high) / 2) * zoom,
      ];
      this.points = query.map(place);
      const [x0, y0] = place([0, 0]);
      const d = training
        .map(place)
        .map(([x, y]) => `M${x.toFixed(1)} ${y.toFixed(1)}h0`)
        .join("");
      this.dots = this.points.map(([cx, cy]) => al.svg("circle", { cx, cy, r: 4.5 }));
      al.set(this.svg, { viewBox: `0 0 ${width} ${this.height}`, width, height: this.height });
      this.svg.replaceChildren(
        al.svg("path", { d: `M0 ${y0}H${width}M${x0} 0V${this.height}`, class: "al-cross" }),
        al.svg("path", { d, class: "al-training-dots" }),
        al.svg("g", {}, ...this.dots),
        this.area,
      );
      this.recolour();
      this.mark({});
    }

    /** @param {Al.Changes} changes */
    mark(changes) {
      const { store } = this;
      if (["colourBy", "detector", "threshold"].some((key) => key in changes)) this.recolour();
      this.dots.forEach((dot, i) => {
        const isSelected = store.state.selection?.has(i) === true;
        dot.setAttribute("class", `${isSelected ? "al-is-selected" : ""} ${store.isFaded(i) ? "al-is-faded" : ""}`);
      });
    }

    recolour() {
      const { colourOf, keys } = al.colouring(this.store);
      this.dots.forEach((dot, i) => {
        dot.style.fill = colourOf(i);
      });
      /** @type {Al.Colouring["keys"]} */
      const training = this.store.data.embedding.training.length ? [["training", "var(--hollow)"]] : [];
      this.legend.replaceChildren(
        ...[...keys, ...training].map(([words, colour]) =>
          al.el("span", { class: "al-key" }, al.el("i", { style: `background:${colour}` }), words),
        ),
      );
    }

    /**
     * The point nearest to a place, -1 if none lies within reach.
     * @param {number} x
     * @param {number} y
     * @param {number} reach
     */
    nearest(x, y, reach) {
      let [best, least] = [-1, reach * reach];
      this.points.forEach(([px, py], i) => {
        const distance = (px - x) ** 2 + (py - y) ** 2;
        if (distance < least) [best, least] = [i, distance];
      });
      return best;
    }

    listenToPointer() {
      /** @type {Al.Pair[] | null} */
      let path = null;
      /** @type {(event: PointerEvent) => Al.Pair} */
      const at = (event) => {
        const box = this.svg.getBoundingClientRect();
        return [event.clientX - box.left, event.clientY - box.top];
      };
      this.svg.addEventListener("pointerdown", (event) => {
        if (event.button) return;
        this.svg.setPointerCapture(event.pointerId);
        path = [at(event)];
      });
      this.svg.addEventListener("pointermove", (event) => {
        const [x, y] = at(event);
        if (!path) {
          this.hover(this.nearest(x, y, 14), event.clientX, event.clientY);
          return;
        }
        path.push([x, y]);
        const corners = al.enclosed(this.shape, path).map((p) => p.join(" "));
        this.area.setAttribute("d", `M${corners.join("L")}Z`);
      });
      const finish = (/** @type {PointerEvent} */ event) => {
        if (path) this.finish(path, at(event));
        path = null;
        this.area.setAttribute("d", "");
      };
      this.svg.addEventListener("pointerup", finish);
      this.svg.addEventListener("pointercancel", finish);
      this.svg.addEventListener("pointerleave", () => this.tip.hide());
    }

    /**
     * A drag selects what it encloses; a click opens an image, or clears on empty ground.
     * @param {Al.Pair[]} path
     * @param {Al.Pair} end
     */
    finish(path, [x, y]) {
      const isClick = path.every(([px, py]) => Math.hypot(px - path[0][0], py - path[0][1]) < 4);
      if (isClick) {
        const i = this.nearest(x, y, 14);
        if (i >= 0) this.open(i);
        else this.store.change({ selection: null });
        return;
      }
      const outline = al.enclosed(this.shape, path);
      const [xs, ys] = [0, 1].map((part) => outline.map((corner) => corner[part]));
      const inside = this.points.map((_, i) => i).filter((i) => al.isInside(...this.points[i], xs, ys));
      this.store.change({ selection: inside.length ? new Set(inside) : null });
    }

    /**
     * @param {number} i the image, -1 for none
     * @param {number} x of the pointer in the window
     * @param {number} y
     */
    hover(i, x, y) {
      this.svg.classList.toggle("al-is-pointing", i >= 0);
      if (i < 0) this.tip.hide();
      else this.tip.show(this.store.data.images[i], this.store.words(i), x, y);
    }

    /** @param {KeyboardEvent} event */
    key(event) {
      const step = KEYS[event.key];
      if (step) this.step(step);
      else if (event.key === " " && this.current >= 0) this.toggle(this.current);
      else if (event.key === "Enter" && this.current >= 0) this.open(this.current);
      else if (event.key === "Escape") this.store.change({ selection: null });
      else return;
      event.preventDefault();
    }

    /** @param {number} by */
    step(by) {
      const order = this.points.map((_, i) => i).sort((a, b) => this.points[a][0] - this.points[b][0]);
      const place = order.indexOf(this.current) + by;
      this.current = order[(place + order.length) % order.length];
      const box = this.svg.getBoundingClientRect();
      const [x, y] = this.points[this.current];
      this.hover(this.current, box.left + x, box.top + y);
      this.dots.forEach((dot, i) => dot.setAttribute("r", i === this.current ? "8" : "4.5"));
    }

    /** @param {number} i */
    toggle(i) {
      const selection = new Set(this.store.state.selection || []);
      if (!selection.delete(i)) selection.add(i);
      this.store.change({ selection: selection.size ? selection : null });
    }
  };
})();
