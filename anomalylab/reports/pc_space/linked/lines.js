// Lines over the cloud: the origin, ellipses of the normal windows, bins of the histogram, marks.
(() => {
  "use strict";
  const al = window.anomalylab;

  // Places of values in a drawing of side x side.
  al.pcFrame = ([left, right, bottom, top], side) => ({
    x: (value) => ((value - left) / (right - left)) * side,
    y: (value) => ((top - value) / (top - bottom)) * side,
    atX: (place) => left + (place / side) * (right - left),
    atY: (place) => top - (place / side) * (top - bottom),
  });

  const line = (/** @type {string} */ name, /** @type {string} */ d) => al.svg("path", { class: name, d });

  /**
   * @param {Al.PcStore} store
   * @param {Al.Frame} frame
   * @param {number} side
   */
  function ellipses(store, frame, side) {
    const { x, y } = store.state;
    const { sigmas, middles } = store.data;
    const [cx, cy] = [frame.x(middles[x]), frame.y(middles[y])];
    const radii = (/** @type {number} */ n) => [
      frame.x(middles[x] + n * sigmas[x]) - cx,
      cy - frame.y(middles[y] + n * sigmas[y]),
    ];
    const rings = [1, 2, 3].map((n) =>
      al.svg("ellipse", { class: "al-sigma", cx, cy, rx: radii(n)[0], ry: radii(n)[1] }),
    );
    if (Math.min(...radii(1)) < 18) return rings; // no room between them for names
    const names = [1, 2, 3].flatMap((n) => {
      const [px, py] = [cx + radii(n)[0] * Math.SQRT1_2, cy - radii(n)[1] * Math.SQRT1_2];
      const isSeen = px < side - 30 && py > 14;
      return isSeen ? [al.svg("text", { class: "al-sigma-name", x: px + 3, y: py - 2 }, `${n} σ`)] : [];
    });
    return [...rings, ...names];
  }

  /**
   * @param {Al.PcStore} store
   * @param {Al.Frame} frame
   */
  function grid(store, frame) {
    const { limit, bins } = store.data;
    const edges = Array.from({ length: bins + 1 }, (_, k) => -limit + (2 * limit * k) / bins);
    const [low, high] = [-limit, limit];
    const across = edges.map((edge) => `M${frame.x(low)} ${frame.y(edge)}H${frame.x(high)}`);
    const up = edges.map((edge) => `M${frame.x(edge)} ${frame.y(low)}V${frame.y(high)}`);
    return line("al-bin-line", [...across, ...up].join(""));
  }

  /**
   * @param {Al.PcStore} store
   * @param {Al.Frame} frame
   * @param {number} side
   */
  function marks(store, frame, side) {
    const [left, right, bottom, top] = store.state.view;
    const xs = al.ticks(left, right, 6);
    const ys = al.ticks(bottom, top, 6);
    const word = (/** @type {Al.Attributes} */ attributes, /** @type {string} */ text) =>
      al.svg("text", { class: "al-pc-mark", ...attributes }, text);
    const [wordX, wordY] = [al.tickWords(xs), al.tickWords(ys)];
    const across = xs
      .filter((v) => frame.x(v) > 44 && frame.x(v) < side - 56)
      .map((v) => word({ x: frame.x(v), y: side - 7, "text-anchor": "middle" }, wordX(v)));
    const up = ys
      .filter((v) => frame.y(v) > 40 && frame.y(v) < side - 24)
      .map((v) => word({ x: 8, y: frame.y(v) + 4 }, wordY(v)));
    const [nameX, nameY] = [store.state.x, store.state.y].map((axis) => store.data.axes[axis]);
    return [
      ...across,
      ...up,
      word({ x: side - 10, y: side - 7, "text-anchor": "end", class: "al-pc-axis" }, `${nameX} →`),
      word({ x: 8, y: 20, class: "al-pc-axis" }, `${nameY} ↑`),
    ];
  }

  al.pcLines = (store, side) => {
    const { view, layers, x, y } = store.state;
    const frame = al.pcFrame(view, side);
    const [cx, cy] = [frame.x(0), frame.y(0)];
    const hasBins = x !== store.residual && y !== store.residual;
    return [
      line("al-origin", `M0 ${cy}H${side}M${cx} 0V${side}`),
      ...(layers.grid && hasBins ? [grid(store, frame)] : []),
      ...(layers.ellipses ? ellipses(store, frame, side) : []),
      ...marks(store, frame, side),
    ];
  };
})();
