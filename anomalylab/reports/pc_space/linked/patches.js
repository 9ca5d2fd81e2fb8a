// Chosen windows as what they are: small pieces of the image.
(() => {
  "use strict";
  const al = window.anomalylab;
  const N_PATCHES = 24; // about so many where they have the width to themselves
  // Pixels of the page: a patch with its gap, a row of patches, what stands around them.
  const [CELL, GAP, ROW, WORDS] = [64, 6, 84, 130];

  // The pixels of window i on a canvas of their own.
  al.pcPatch = (store, i) => {
    const { nCols, window: side } = al.given(store.cloud);
    const canvas = al.el("canvas", { width: side, height: side, class: "al-pc-patch", "aria-hidden": "true" });
    al.pen(canvas).drawImage(store.picture, i % nCols, Math.floor(i / nCols), side, side, 0, 0, side, side);
    return canvas;
  };

  // A patch that shows its place in both views when pointed at or focused.
  al.pcPatchButton = (store, i, words) => {
    const touches = store.cloud?.onDefect?.[i];
    const [row, col] = store.centre(i);
    const label = `Window at row ${row}, column ${col}: ${store.words(i)}${touches ? ", touches the defect" : ""}`;
    const point = () => store.pointAt(i);
    const leave = () => store.pointAt(null);
    const choose = () => store.change({ selection: store.near([[row, col]]) });
    const attributes = {
      type: "button",
      class: `al-pc-open${touches ? " al-is-on-defect" : ""}`,
      "data-window": i,
      "aria-label": label,
      title: label,
      onpointerenter: point,
      onfocus: point,
      onpointerleave: leave,
      onblur: leave,
      onclick: choose,
    };
    return al.el("button", attributes, al.pcPatch(store, i), words ? al.el("span", {}, words) : null);
  };

  al.PcPatches = class {
    /** @param {Al.PcStore} store */
    constructor(store) {
      this.store = store;
      this.capacity = N_PATCHES;
      this.isAsked = false; // to draw in the next frame
      this.title = al.el("h4");
      this.list = al.el("div", { class: "al-pc-patches" });
      this.note = al.el("p", { class: "al-note" });
      this.node = al.el("div", { class: "al-pc-gallery" }, this.title, this.list, this.note);
      store.listen((changes) => {
        if (["cloud", "selection", "x", "y"].some((key) => key in changes)) this.draw();
      });
    }

    /**
     * Full rows: beside the image as many as its height has room for.
     * @param {number} side
     * @param {boolean} isBeside
     */
    resize(side, isBeside) {
      const perRow = Math.max(1, Math.floor((this.list.clientWidth + GAP) / CELL));
      const rows = Math.floor(isBeside ? (side - WORDS) / ROW : N_PATCHES / perRow);
      this.capacity = perRow * Math.max(1, rows);
      this.draw();
    }

    draw() {
      if (this.isAsked) return;
      this.isAsked = true;
      requestAnimationFrame(() => {
        this.isAsked = false;
        this.fill();
      });
    }

    fill() {
      const { store } = this;
      const { cloud, lit, state } = store;
      if (!cloud || lit === undefined) return;
      const found = al.pcExtremes(cloud, lit, this.capacity, (i) => store.extremeness(i));
      const isResidual = state.x === store.residual || state.y === store.residual;
      const value = (/** @type {number} */ i) =>
        isResidual
          ? al.format(cloud.along[store.residual][i], 2)
          : `${al.format(Math.sqrt(cloud.distance[i]), 2)}\u202fσ`;
      this.list.replaceChildren(...found.map((i) => al.pcPatchButton(store, i, value(i))));
      this.title.textContent = found.length ? "What do they look like?" : "Nothing is selected";
      const unit = isResidual ? "distance from PC space" : "distance from the mean of normal windows";
      const rest =
        found.length === this.capacity ? `${this.capacity} that differ in place` : "Those that differ in place";
      const defect = cloud.onDefect && store.image.label === 1 ? " Red: touches the defect." : "";
      this.note.textContent = found.length
        ? `${rest}, most extreme first; below each, its ${unit}.${defect}`
        : "Draw around points of the cloud, or brush over the image.";
    }
  };
})();
