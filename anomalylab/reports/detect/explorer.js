// Puts the linked views together and takes the place of the still ones.
(() => {
  "use strict";
  const al = window.anomalylab;

  /** @param {Al.Store} store */
  function detectorChoice(store) {
    const names = Object.keys(store.data.detectors);
    const buttons = names.map((name) =>
      al.el("button", { type: "button", "data-detector": name, onclick: () => store.change({ detector: name }) }, name),
    );
    const mark = () =>
      buttons.forEach((button) =>
        button.setAttribute("aria-pressed", String(button.dataset.detector === store.state.detector)),
      );
    store.listen(mark);
    mark();
    const group = al.el(
      "div",
      { class: "al-segments al-detectors", role: "group", "aria-label": "Detector" },
      ...buttons,
    );
    return names.length > 1
      ? al.el("div", { class: "al-fields" }, al.el("span", { class: "al-label" }, "Detector"), group)
      : null;
  }

  const panel = (/** @type {string} */ title, /** @type {string} */ note, /** @type {Element[]} */ ...nodes) =>
    al.el("section", { class: "al-panel" }, al.el("h3", {}, title), al.el("p", { class: "al-note" }, note), ...nodes);

  /** @param {Element} root */
  function start(root) {
    root.classList.add("al-is-live");
    const store = new al.Store(al.payload(root));
    const tip = new al.Tip(root);
    const enlarged = new al.Enlarged(store);
    /** @type {Al.Show} */
    const shared = { tip, open: (i) => enlarged.show(i) };
    const { data } = store;
    al.enlarge = (id) => {
      const i = data.images.findIndex((image) => image.id === id);
      if (i >= 0) enlarged.show(i);
      return i >= 0;
    };
    const readouts = new al.Readouts(store);
    const threshold = panel(
      data.isLabelled
        ? "Where should the line between good and defective lie?"
        : "Which images stand apart from the rest?",
      `Drag the threshold, or focus it and use the arrow keys. ${al.count(data.nQueries, "image")} judged.`,
      new al.Histogram(store, shared).node,
      readouts.where,
    );
    const embedding = data.embedding.query.length
      ? panel(
          "Which images look alike?",
          "Near points look alike to the network. Drag around points to see only those images below; click a " +
            "point to enlarge it.",
          new al.Embedding(store, shared).node,
        )
      : null;
    const counts = panel(
      data.isLabelled ? "What is found, what is missed?" : "How many stand apart?",
      `At the threshold chosen above; an image that scores at or above it ` +
        `${data.isLabelled ? "counts as found" : "stands apart"}.`,
      readouts.node,
    );
    const line = readouts.lineNode
      ? panel(
          "What would that mean on your line?",
          "Defects are rarer on a line than among test images. Enter your own numbers, costs in any one unit; " +
            "the threshold is the one above.",
          readouts.lineNode,
        )
      : null;
    const gallery = panel(
      "What does the detector see?",
      `Left: the image under its anomaly map${data.isLabelled ? ", the true defect outlined in white" : ""}. ` +
        `Right: ${al.nearestWords(data)}. ▲ at or above the threshold, ▽ below.`,
      new al.Gallery(store, shared).node,
    );
    const choice = detectorChoice(store);
    const live = al.el(
      "div",
      { class: "al-live" },
      ...(choice ? [choice] : []),
      al.el("div", { class: "al-linked" }, threshold, ...(embedding ? [embedding] : [])),
      counts,
      ...(line ? [line] : []),
      gallery,
      enlarged.node,
    );
    al.given(root.querySelector(".al-still")).replaceWith(live);
  }

  document.querySelectorAll(".al-explorer:not(.al-is-live)").forEach(start);
})();
