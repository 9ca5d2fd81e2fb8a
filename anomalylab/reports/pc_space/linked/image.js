// The image of the cloud: chosen windows lit up at their centres; click or brush to choose there.
(() => {
  "use strict";
  const al = window.anomalylab;
  const LIT = 112; // opacity of amber
  const DIM = [6, 10, 16, 118];

  al.PcImage = class {
    /** @param {Al.PcStore} store */
    constructor(store) {
      this.store = store;
      this.height = 0;
      this.picture = al.el("img", { alt: "", draggable: "false" });
      this.canvas = al.el("canvas", { "aria-hidden": "true" });
      this.svg = al.svg("svg", { preserveAspectRatio: "none", "aria-hidden": "true" });
      this.contour = al.svg("g");
      this.frame = al.svg("rect", { class: "al-pc-frame", visibility: "hidden" });
      this.brush = al.svg("circle", { class: "al-pc-brush", visibility: "hidden" });
      this.svg.append(this.contour, this.frame, this.brush);
      this.node = al.el("div", { class: "al-pc-image" }, this.picture, this.canvas, this.svg);
      this.listenToPointer();
      store.listen((changes) => this.hear(changes));
      store.follow((i) => this.mark(i));
    }

    get radius() {
      return this.store.data.window >> 1;
    }

    /** @param {number} height */
    resize(height) {
      this.height = height;
      this.fit();
    }

    fit() {
      const [width, height] = this.store.image.size;
      this.node.style.height = `${this.height}px`;
      this.node.style.width = `${(this.height * width) / height}px`;
      this.node.classList.toggle("al-is-large", this.height > 1.9 * height);
    }

    /** @param {Al.PcChanges} changes */
    hear(changes) {
      if ("i" in changes) this.load();
      if ("cloud" in changes || "selection" in changes || "x" in changes || "y" in changes) this.light();
    }

    load() {
      const { image } = this.store;
      const [width, height] = image.size;
      this.picture.src = image.url;
      this.picture.alt = `${image.name}${image.label === null ? "" : `, ${al.classOf(image.label).name}`}`;
      [this.canvas.width, this.canvas.height] = [width, height];
      this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
      const d = image.contour.map((ring) => `M${ring.map((p) => p.join(" ")).join("L")}Z`).join("");
      this.contour.replaceChildren(
        ...(d ? [al.svg("path", { d, class: "al-truth-halo" }), al.svg("path", { d, class: "al-truth" })] : []),
      );
      if (this.height) this.fit();
    }

    light() {
      const { cloud, lit } = this.store;
      const { width, height } = this.canvas;
      const context = al.pen(this.canvas);
      context.clearRect(0, 0, width, height);
      if (!cloud || !lit) return;
      const shade = new ImageData(width, height);
      const half = cloud.window >> 1;
      const [dark, amber] = [DIM, [...al.rgb(this.node, "amber"), LIT]].map(
        (colour) => new Uint32Array(new Uint8Array(colour).buffer)[0],
      );
      const pixels = new Uint32Array(shade.data.buffer).fill(dark);
      for (let i = 0; i < cloud.n; i += 1) {
        if (lit[i]) pixels[(Math.floor(i / cloud.nCols) + half) * width + (i % cloud.nCols) + half] = amber;
      }
      context.putImageData(shade, 0, 0);
    }

    /** @param {number | null} i */
    mark(i) {
      this.frame.setAttribute("visibility", i === null ? "hidden" : "visible");
      if (i === null) return;
      const { nCols, window: side } = al.given(this.store.cloud);
      al.set(this.frame, { x: i % nCols, y: Math.floor(i / nCols), width: side, height: side });
    }

    /**
     * Row and column of the pixel under the pointer.
     * @param {PointerEvent} event
     * @returns {Al.Pair}
     */
    pixel(event) {
      const box = this.node.getBoundingClientRect();
      const [width, height] = this.store.image.size;
      const row = Math.floor(((event.clientY - box.top) / box.height) * height);
      const col = Math.floor(((event.clientX - box.left) / box.width) * width);
      return [al.clamp(row, 0, height - 1), al.clamp(col, 0, width - 1)];
    }

    listenToPointer() {
      const { node, store } = this;
      /** @type {Al.Pair[]} */
      let pixels = []; // brushed over, as long as a button is down
      const paint = () => store.change({ selection: store.near(pixels) });
      node.addEventListener("pointerdown", (event) => {
        if (event.button || !store.cloud) return;
        node.setPointerCapture(event.pointerId);
        pixels = [this.pixel(event)];
        paint();
      });
      node.addEventListener("pointermove", (event) => {
        if (!store.cloud) return;
        const [row, col] = this.pixel(event);
        this.showBrush(row, col);
        if (!pixels.length) {
          store.pointAt(store.windowAt(row, col));
          return;
        }
        const [r, c] = pixels[pixels.length - 1];
        if (Math.hypot(row - r, col - c) < this.radius / 3) return;
        pixels = [...pixels, [row, col]];
        paint();
      });
      for (const name of ["pointerup", "pointercancel"])
        node.addEventListener(name, () => {
          pixels = [];
        });
      node.addEventListener("pointerleave", () => {
        store.pointAt(null);
        this.brush.setAttribute("visibility", "hidden");
      });
    }

    /**
     * @param {number} row
     * @param {number} col
     */
    showBrush(row, col) {
      al.set(this.brush, { cx: col + 0.5, cy: row + 0.5, r: this.radius, visibility: "visible" });
    }
  };
})();
