// Charts of a page as files: SVG that needs no style sheet, and PNG of twice the size.
(() => {
  "use strict";
  const al = window.anomalylab;
  const CHARTS = ".al-chart, .al-histogram, .al-embedding, .al-ranks, .al-planes figure, .al-pc-plane";
  const RATIO = 2; // pixels of a PNG for one of the page
  const LOOKS = [
    "display visibility opacity fill fill-opacity stroke stroke-opacity stroke-width stroke-dasharray stroke-linecap",
    "stroke-linejoin paint-order vector-effect image-rendering font-family font-size font-weight",
  ].flatMap((names) => names.split(" "));

  /** @typedef {{ width: number, height: number }} Size */

  /**
   * Write what the style sheets make of an element and of all inside it into a copy.
   * @param {Element} from
   * @param {Element} to
   */
  function inline(from, to) {
    const style = getComputedStyle(from);
    for (const name of ["class", "style", "tabindex", "role"]) to.removeAttribute(name);
    for (const name of LOOKS) to.setAttribute(name, style.getPropertyValue(name));
    [...from.children].forEach((child, at) => inline(child, to.children[at]));
  }

  /** @param {Element} node */
  const groundOf = (node) => getComputedStyle(node).getPropertyValue("--ground").trim();

  /**
   * A drawing that stands alone: colours and fonts inside, on the ground of the page.
   * @param {SVGSVGElement} drawing
   * @param {string} ground
   * @returns {Size & { text: string }}
   */
  function alone(drawing, ground = groundOf(drawing)) {
    const { width, height } = drawing.getBoundingClientRect();
    const copy = /** @type {SVGSVGElement} */ (drawing.cloneNode(true));
    inline(drawing, copy);
    const view = drawing.viewBox.baseVal;
    const box = { x: view.x, y: view.y, width: view.width, height: view.height };
    al.set(copy, { width: Math.round(width), height: Math.round(height) });
    copy.prepend(al.svg("title", {}, drawing.getAttribute("aria-label")), al.svg("rect", { ...box, fill: ground }));
    copy.removeAttribute("aria-label");
    const text = new XMLSerializer().serializeToString(copy);
    return { text, width: Math.round(width), height: Math.round(height) };
  }

  /**
   * @param {string} name
   * @param {Blob} file
   */
  function save(name, file) {
    const url = URL.createObjectURL(file);
    al.el("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  }

  /**
   * @param {SVGSVGElement} drawing
   * @param {HTMLCanvasElement | null} under what it lies over, if anything
   */
  async function rasterised(drawing, under) {
    const { text, width, height } = under ? alone(drawing, "none") : alone(drawing);
    const image = new Image(width * RATIO, height * RATIO);
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
    await image.decode();
    const canvas = al.el("canvas", { width: width * RATIO, height: height * RATIO });
    const pen = al.pen(canvas);
    if (under) {
      pen.fillStyle = getComputedStyle(al.given(under.parentElement)).backgroundColor;
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.drawImage(under, 0, 0, canvas.width, canvas.height);
    }
    pen.drawImage(image, 0, 0, canvas.width, canvas.height);
    /** @type {Blob | null} */
    const file = await new Promise((done) => canvas.toBlob(done, "image/png"));
    return al.given(file);
  }

  // Name of a file: the run and what stands over the chart.
  const nameOf = (/** @type {Element} */ chart) => {
    const run = document.querySelector(".al-run b")?.textContent;
    const title = (chart.querySelector("h3") ?? chart.closest(".al-panel, section")?.querySelector("h3, h2"))
      ?.textContent;
    const words = `${run ?? ""} ${title ?? "chart"}`.replaceAll(/[^\p{L}\p{N}.]+/gu, "-");
    return words.replaceAll(/^[-.]+|-+$/g, "").slice(0, 80);
  };

  /** @param {Element} chart */
  function offer(chart) {
    /** @type {HTMLCanvasElement | null} */
    const under = chart.querySelector(":scope > canvas");
    const drawing = () => /** @type {SVGSVGElement} */ (al.given(chart.querySelector("svg")));
    const asSvg = () => save(`${nameOf(chart)}.svg`, new Blob([alone(drawing()).text], { type: "image/svg+xml" }));
    const asPng = async () => save(`${nameOf(chart)}.png`, await rasterised(drawing(), under));
    const button = (/** @type {string} */ kind, /** @type {() => void} */ onclick, words = kind) =>
      al.el("button", { type: "button", title: `Save this chart as ${kind}`, onclick }, words);
    const row = { class: "al-saves", role: "group", "aria-label": "Save this chart" };
    if (under) chart.after(al.el("div", row, button("PNG (drawn in pixels, so there is no SVG)", asPng, "PNG")));
    else chart.append(al.el("div", row, button("SVG", asSvg), button("PNG", asPng)));
  }

  document.querySelectorAll(CHARTS).forEach((chart) => {
    if (chart.querySelector("svg") || chart.matches(".al-ranks")) offer(chart);
  });
})();
