// Elements, classes and marks of axes that every part uses. Data only ever becomes text, never markup.
(() => {
  "use strict";
  // Filled by this script and those after it.
  const al = (window.anomalylab = window.anomalylab || /** @type {Al.Shared} */ ({}));
  const SVG = "http://www.w3.org/2000/svg";

  // Attributes of an element: true stands for one without a value, false and null for none, a function for what to do.
  al.set = (node, attributes) => {
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") node.addEventListener(name.slice(2), value);
      else if (value === true) node.setAttribute(name, "");
      else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, String(value));
    }
  };

  /**
   * @template {Element} T
   * @param {T} node
   * @param {Al.Attributes} attributes
   * @param {Al.Child[]} children
   */
  function fill(node, attributes, children) {
    al.set(node, attributes);
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  }

  al.el = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
  al.svg = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

  // What has to be there by now.
  al.given = (value) => {
    if (value === null || value === undefined) throw new Error("asked for before it was there");
    return value;
  };
  al.pen = (canvas) => al.given(canvas.getContext("2d"));
  // The data that stand in a part of a page.
  al.payload = (root) => JSON.parse(al.given(root.querySelector("script[type='application/json']")).textContent);

  al.clamp = (value, low, high) => Math.min(high, Math.max(low, value));
  al.bytes = (text) => {
    const letters = atob(text);
    const bytes = new Uint8Array(letters.length);
    for (let i = 0; i < bytes.length; i += 1) bytes[i] = letters.charCodeAt(i);
    return bytes;
  };
  al.CLASSES = [
    { key: "0", name: "normal", colour: "var(--normal)" },
    { key: "1", name: "anomalous", colour: "var(--anomalous)" },
    { key: "null", name: "unknown", colour: "var(--unknown)" },
  ];
  // Steps that the arrow keys to the left and right stand for.
  al.ARROWS = { ArrowRight: 1, ArrowLeft: -1 };
  // A colour of the style sheets as red, green and blue, for the pixels of a canvas.
  al.rgb = (node, name) => {
    const hex = getComputedStyle(node).getPropertyValue(`--${name}`).trim();
    return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  };
  al.classOf = (label) => al.CLASSES[label === null ? 2 : label];

  // Round steps for the marks of an axis.
  al.ticks = (low, high, about) => {
    const rough = (high - low) / about;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
    const marks = [];
    for (let i = Math.ceil(low / step); i * step <= high + step * 1e-9; i += 1) marks.push(i * step);
    return marks;
  };

  // Even-odd rule: a ray from a point inside crosses the closed line an odd number of times.
  al.isInside = (x, y, xs, ys) => {
    let isOdd = false;
    for (let k = 0, last = xs.length - 1; k < xs.length; last = k, k += 1) {
      const [x1, y1, x2, y2] = [xs[k], ys[k], xs[last], ys[last]];
      if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) isOdd = !isOdd;
    }
    return isOdd;
  };

  // What a drag encloses: the path itself, or the box between its ends.
  al.enclosed = (tool, path) => {
    if (tool === "lasso") return path;
    const [[x0, y0], [x1, y1]] = [path[0], path[path.length - 1]];
    return [
      [x0, y0],
      [x1, y0],
      [x1, y1],
      [x0, y1],
    ];
  };

  // Draw again whenever the width of an element changes.
  al.whenResized = (node, draw) => {
    let last = 0;
    new ResizeObserver(() => {
      const width = Math.floor(node.clientWidth);
      if (width > 0 && width !== last) draw((last = width));
    }).observe(node);
  };

  // One floating card with a picture, moved about by whoever points at an image.
  al.Tip = class {
    /** @param {Element} parent */
    constructor(parent) {
      this.picture = al.el("img", { alt: "" });
      this.words = al.el("span");
      this.node = al.el("div", { class: "al-tip", hidden: true, "aria-hidden": "true" }, this.picture, this.words);
      parent.append(this.node);
    }
    /**
     * @param {{ url: string }} image
     * @param {string} words
     * @param {number} x
     * @param {number} y
     */
    show(image, words, x, y) {
      this.picture.src = image.url;
      this.words.textContent = words;
      this.node.hidden = false;
      const { innerWidth, innerHeight } = window;
      const box = this.node.getBoundingClientRect();
      this.node.style.left = `${al.clamp(x + 14, 4, innerWidth - box.width - 4)}px`;
      this.node.style.top = `${y + 14 + box.height > innerHeight ? Math.max(4, y - box.height - 10) : y + 14}px`;
    }
    hide() {
      this.node.hidden = true;
    }
  };
})();
