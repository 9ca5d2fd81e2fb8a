// Elements, classes and marks of axes that every part uses. Data only ever becomes text, never markup.
(() => {
  "use strict";
  const al = (window.anomalylab = window.anomalylab || {});
  const SVG = "http://www.w3.org/2000/svg";

  function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (value === true) node.setAttribute(name, "");
      else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
    }
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  }

  al.el = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
  al.svg = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

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
    const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
    const marks = [];
    for (let i = Math.ceil(low / step); i * step <= high + step * 1e-9; i += 1) marks.push(i * step);
    return marks;
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
    constructor(parent) {
      this.picture = al.el("img", { alt: "" });
      this.words = al.el("span");
      this.node = al.el("div", { class: "al-tip", hidden: true, "aria-hidden": "true" }, this.picture, this.words);
      parent.append(this.node);
    }
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
