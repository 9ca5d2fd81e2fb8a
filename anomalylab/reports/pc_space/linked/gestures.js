// What dragging over the cloud does: it draws around points, moves the cloud, or zooms with two fingers.
(() => {
  "use strict";
  const al = window.anomalylab;

  al.PcGestures = class {
    /** @param {Al.PcPlane} plane */
    constructor(plane) {
      this.plane = plane;
      this.store = plane.store;
      /** @type {Map<number, Al.Pair>} where each finger is, by its pointer */
      this.fingers = new Map();
      /** @type {Al.Pair[] | null} */
      this.path = null;
      this.listen();
    }

    get frame() {
      return al.pcFrame(this.store.state.view, this.plane.side);
    }

    listen() {
      const { plane, fingers } = this;
      const { node } = plane;
      node.addEventListener("pointerdown", (event) => {
        if (event.button || !this.store.cloud) return;
        node.setPointerCapture(event.pointerId);
        fingers.set(event.pointerId, plane.place(event));
        this.path = fingers.size === 1 ? [plane.place(event)] : null;
        plane.area.setAttribute("d", "");
      });
      node.addEventListener("pointermove", (event) => {
        if (this.store.cloud) this.drag(event);
      });
      const finish = (/** @type {PointerEvent} */ event) => {
        if (this.path && this.store.cloud && event.type === "pointerup") this.finish(this.path);
        fingers.delete(event.pointerId);
        this.path = null;
        plane.area.setAttribute("d", "");
      };
      node.addEventListener("pointerup", finish);
      node.addEventListener("pointercancel", finish);
      node.addEventListener("pointerleave", () => this.store.pointAt(null));
    }

    /** @param {PointerEvent} event */
    drag(event) {
      const { store, fingers, path } = this;
      const at = this.plane.place(event);
      const before = fingers.get(event.pointerId);
      if (!before) {
        store.pointAt(this.plane.nearest(at));
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
      const corners = al.enclosed(this.store.state.tool, path).map((p) => p.join(" "));
      this.plane.area.setAttribute("d", `M${corners.join("L")}Z`);
    }

    /**
     * @param {Al.Pair} before
     * @param {Al.Pair} at
     */
    shift(before, at) {
      const { frame } = this;
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
      const { frame } = this;
      this.store.zoom(length(before) / length(at), [frame.atX(other[0]), frame.atY(other[1])]);
    }

    /**
     * A drag selects what it encloses, a click on empty ground clears.
     * @param {Al.Pair[]} path
     */
    finish(path) {
      const { store } = this;
      const { tool } = store.state;
      const isClick = path.every(([px, py]) => Math.hypot(px - path[0][0], py - path[0][1]) < 4);
      if (isClick) {
        const i = this.plane.nearest(path[0]);
        store.change({ selection: i === null ? null : store.near([store.centre(i)]) });
        return;
      }
      if (tool === "move") return;
      const { frame } = this;
      const vertices = al.enclosed(tool, path).map(([px, py]) => [frame.atX(px), frame.atY(py)]);
      store.change({ selection: store.inPlane(tool, tool === "lasso" ? vertices.flat() : boundsOf(vertices)) });
    }
  };

  /** @param {number[][]} vertices */
  function boundsOf(vertices) {
    const [xs, ys] = [0, 1].map((part) => vertices.map((vertex) => vertex[part]));
    return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  }
})();
