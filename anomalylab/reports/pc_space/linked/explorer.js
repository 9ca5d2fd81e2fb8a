// Puts the cloud, its image and its patches together and takes the place of the still ones.
(() => {
  "use strict";
  const al = window.anomalylab;
  const [GAP, BESIDE] = [24, 270]; // between the views; the narrowest column of patches
  const [SMALLEST, LARGEST, TALLEST] = [430, 600, 480]; // sides of the cloud, height of an image on a phone

  const share = (/** @type {number} */ part) => al.percent(part);

  /**
   * What is lit up, as an answer.
   * @param {Al.PcStore} store
   */
  function answer(store) {
    const { state, cloud, count, share: touching } = store;
    if (!cloud) return "…";
    const { selection } = state;
    const all = al.group(cloud.n);
    if (!selection) return `${all} windows, each of them a point`;
    const n = al.group(count);
    const verb = count === 1 ? "lies" : "lie";
    const inside = `${n} of ${all} windows ${count === 1 ? "is" : "are"} inside the line`;
    const [low, high] = selection.numbers;
    const answers = {
      beyond: `${n} of ${all} windows ${verb} beyond ${state.n}\u202fσ`,
      interval: `${n} windows ${verb} at ${selection.axes[0]} ${al.format((low + high) / 2, 2)}`,
      point: `${n} windows ${verb} here in the image`,
      box: inside,
      lasso: inside,
      rectangle: inside,
    };
    const begin = answers[selection.kind];
    if (touching === null || !count || store.image.label !== 1) return begin;
    return `${begin}; ${share(touching)} of them touch the defect`;
  }

  /** @param {Al.PcStore} store */
  function remark(store) {
    const { cloud, image, data } = store;
    if (!cloud) return "";
    const parts = [image.name, al.classOf(image.label).name];
    if (image.score !== null) parts.push(`score ${al.format(image.score)} (${data.detector})`);
    const { selection, n } = store.state;
    const isPlane = selection?.kind === "beyond" && !selection.axes.includes(data.axes[store.residual]);
    if (isPlane)
      parts.push(
        `${share(store.count / cloud.n)} of its windows lie beyond, of Gaussian ones ` +
          `${share(Math.exp(-(n ** 2) / 2))} would`,
      );
    const base = al.pcShare(cloud, null);
    if (image.label === 1 && base) parts.push(`of all its windows ${share(base)} touch the defect, outlined in white`);
    if (image.label === 1 && base === null) parts.push("where its defect lies is not known");
    return parts.join(" · ");
  }

  /**
   * @param {Al.PcStore} store
   * @param {"x" | "y"} key
   * @param {string} name
   * @param {string} words
   */
  function choices(store, key, name, words) {
    const options = store.data.axes.map((axis, i) => al.el("option", { value: i }, axis));
    /** @type {HTMLSelectElement} */
    const select = al.el(
      "select",
      { "data-axis": key, "aria-label": words, onchange: () => store.change({ [key]: Number(select.value) }) },
      ...options,
    );
    const mark = () => {
      select.value = String(store.state[key]);
    };
    store.listen(mark);
    mark();
    return al.el("label", { class: "al-field", title: words }, al.el("span", {}, name), select);
  }

  /** @param {Al.PcStore} store */
  function tools(store) {
    const button = (/** @type {Al.Tool} */ tool, /** @type {string} */ words) =>
      al.el("button", { type: "button", "data-tool": tool, title: words, onclick: () => store.change({ tool }) }, tool);
    const buttons = [
      button("lasso", "Draw around points"),
      button("box", "Drag a box around points"),
      button("move", "Drag the cloud about"),
    ];
    const mark = () =>
      buttons.forEach((one) => one.setAttribute("aria-pressed", String(one.dataset.tool === store.state.tool)));
    store.listen(mark);
    mark();
    return al.el("div", { class: "al-segments", role: "group", "aria-label": "What dragging does" }, ...buttons);
  }

  /**
   * @param {Al.PcStore} store
   * @param {{ zoomBy(factor: number): void }} plane
   */
  function zoomButtons(store, plane) {
    const button = (/** @type {string} */ words, /** @type {string} */ name, /** @type {() => void} */ act) =>
      al.el("button", { type: "button", "aria-label": name, title: name, onclick: act }, words);
    return al.el(
      "div",
      { class: "al-segments" },
      button("−", "Zoom out", () => plane.zoomBy(1.4)),
      button("+", "Zoom in", () => plane.zoomBy(1 / 1.4)),
      button("All", "Show all windows", () => store.change({ view: store.homeView() })),
    );
  }

  /** @param {Al.PcStore} store */
  function shading(store) {
    /** @type {HTMLSelectElement} */
    const select = al.el(
      "select",
      { "data-scale": true, onchange: () => store.change({ scale: select.value }) },
      al.el("option", { value: "log" }, "log"),
      al.el("option", { value: "eq_hist" }, "equal areas"),
    );
    return al.el(
      "label",
      {
        class: "al-field",
        title:
          "log: equal steps of colour are equal factors; equal areas: each colour covers as many cells as any other",
      },
      al.el("span", {}, "Shading"),
      select,
    );
  }

  /** @param {Al.PcStore} store */
  function sigmas(store) {
    const slider = al.el("input", {
      type: "range",
      min: 1,
      max: 10,
      step: 0.5,
      value: store.state.n,
      "data-sigma": true,
      "aria-label": "Light up windows beyond so many standard deviations",
    });
    const words = al.el("output", {}, `${store.state.n}\u202fσ`);
    slider.addEventListener("input", () => {
      const n = Number(slider.value);
      words.textContent = `${n}\u202fσ`;
      store.change({ n, selection: store.beyond(n) });
    });
    return al.el(
      "label",
      {
        class: "al-field",
        title: "Windows outside of the ellipse of so many standard deviations of the normal windows",
      },
      al.el("span", {}, "Light up beyond"),
      slider,
      words,
    );
  }

  const gradient = (/** @type {Uint8Array} */ palette) => {
    const colour = (/** @type {unknown} */ _, /** @type {number} */ k) => {
      const start = 3 * Math.round((k * 255) / 12);
      return `rgb(${[...palette.subarray(start, start + 3)].join()})`;
    };
    return `linear-gradient(90deg,${Array.from({ length: 13 }, colour).join()})`;
  };

  /** @param {Al.PcStore} store */
  function oddsLegend(store) {
    if (!store.data.odds) return null;
    const end = al.format(Math.exp(store.data.odds.end), 2);
    const node = al.el(
      "p",
      { class: "al-note al-pc-odds", hidden: true },
      al.el("span", {}, `odds ÷\u202f${end}`),
      al.el("i", { style: `background:${gradient(store.palettes.diverging_dark)}` }),
      al.el("span", {}, `× ${end} for one standard deviation more windows in a bin`),
    );
    store.listen(({ layers }) => {
      if (layers) node.hidden = !layers.odds;
    });
    return node;
  }

  /** @param {Element} root */
  function start(root) {
    root.classList.add("al-is-live");
    const store = new al.PcStore(al.payload(root));
    const plane = new al.PcPlane(store);
    const image = new al.PcImage(store);
    const title = al.el("h3", { class: "al-pc-answer", "aria-live": "polite" });
    const note = al.el("p", { class: "al-note" });
    store.listen(() => {
      title.textContent = answer(store);
      note.textContent = remark(store);
    });
    const clear = al.el(
      "button",
      { type: "button", "data-clear": true, onclick: () => store.change({ selection: null }) },
      "Clear",
    );
    store.listen(() => {
      clear.disabled = !store.state.selection;
    });
    const over = al.el(
      "div",
      { class: "al-fields" },
      choices(store, "x", "Across", "Axis across"),
      choices(store, "y", "Up", "Axis up"),
      tools(store),
      zoomButtons(store, plane),
      sigmas(store),
      clear,
    );
    const under = al.el(
      "div",
      { class: "al-fields al-pc-layers" },
      al.el("span", { class: "al-label" }, "Show"),
      ...al.pcLayers(store),
      shading(store),
    );
    const patches = new al.PcPatches(store);
    const views = al.el("div", { class: "al-pc-views" }, plane.node, image.node, patches.node);
    const how = al.el(
      "p",
      { class: "al-note al-pc-how" },
      "Each point is a window of the image, placed by what its pixels have in common with the components. Draw " +
        "around points, or brush over the image: the other view lights up. Click the cloud, then turn the wheel " +
        "to zoom; double-click shows all. Left and right arrow change the image, Escape clears.",
      al.el("br"),
      store.data.about,
    );
    const stage = al.el(
      "section",
      { class: "al-panel" },
      new al.PcFilm(store).node,
      title,
      note,
      over,
      views,
      under,
      oddsLegend(store) || "",
      how,
    );
    const live = al.el(
      "div",
      { class: "al-live", "data-lm-suppress-shortcuts": true },
      stage,
      new al.PcSweep(store).node,
    );
    live.addEventListener("keydown", (event) => key(store, event));
    al.given(root.querySelector(".al-still")).replaceWith(live);
    al.whenResized(views, (width) => layOut(store, width, { views, plane, image, patches }));
    Object.assign(root, { pcStore: store }); // for who looks from outside
    store.change({ tool: store.state.tool });
    store.open(store.state.i);
  }

  /**
   * @param {Al.PcStore} store
   * @param {KeyboardEvent} event
   */
  function key(store, event) {
    const { target } = event;
    const isTaken = target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
    if (isTaken && event.key !== "Escape") return;
    const step = al.ARROWS[event.key];
    if (step) {
      event.preventDefault();
      store.step(step);
    } else if (event.key === "Escape") store.change({ selection: null });
  }

  /** @typedef {Al.PcPlane} Plane */
  /** @typedef {InstanceType<Al.Shared["PcImage"]>} Image */
  /** @typedef {InstanceType<Al.Shared["PcPatches"]>} Patches */

  /**
   * Cloud and image side by side at one height, with room for patches beside narrow images.
   * @param {Al.PcStore} store
   * @param {number} width
   * @param {{ views: HTMLElement, plane: Plane, image: Image, patches: Patches }} parts
   */
  function layOut(store, width, { views, plane, image, patches }) {
    const aspect = Math.max(...store.data.images.map(({ size }) => size[0] / size[1]));
    const alone = (width - GAP) / (1 + aspect);
    const beside = (width - 2 * GAP - BESIDE) / (1 + aspect);
    const isNarrow = width < 640;
    const isBeside = !isNarrow && beside >= SMALLEST;
    const side = Math.floor(Math.min(LARGEST, isNarrow ? width : isBeside ? beside : alone));
    views.style.setProperty("--pc-side", `${side}px`);
    plane.resize(side);
    image.resize(isNarrow ? Math.min(TALLEST, width / aspect) : side);
    patches.resize(side, isBeside);
  }

  document.querySelectorAll(".al-pc:not(.al-is-live)").forEach(start);
})();
