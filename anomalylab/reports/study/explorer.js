// Puts the linked views of a study together and takes the place of the still ones.
(() => {
  "use strict";
  const al = window.anomalylab;

  const panel = (/** @type {string} */ title, /** @type {string} */ note, /** @type {Element[]} */ ...nodes) =>
    al.el("section", { class: "al-panel" }, al.el("h3", {}, title), al.el("p", { class: "al-note" }, note), ...nodes);

  /**
   * @param {string} words
   * @param {string} title
   * @param {string[]} names
   * @param {(place: number) => void} set
   */
  function choice(words, title, names, set) {
    /** @type {HTMLSelectElement} */
    const select = al.el(
      "select",
      { title, onchange: () => set(select.selectedIndex) },
      ...names.map((name) => al.el("option", {}, name)),
    );
    return al.el("label", { class: "al-field" }, al.el("span", {}, words), select);
  }

  // What holds for all panels: the product and the threshold.
  /** @param {Al.StudyStore} store */
  function shared(store) {
    const { categories, thresholds } = store.data;
    const fields = [];
    if (categories.length > 1) {
      const title = "Mean over all products, or one of them";
      const names = [`mean of ${categories.length} products`, ...categories];
      fields.push(choice("Product", title, names, (place) => store.change({ category: place - 1, opened: null })));
    }
    if (thresholds.length > 1) {
      const title = "The threshold that decides what is found, set without labels on that same training set";
      const names = thresholds.map((at) => (at === "verdict" ? "by the verdict" : `${at} % of false alarms`));
      fields.push(
        choice("Threshold for", title, names, (place) => {
          const [from, to] = [store.state.at, thresholds[place]];
          const metric = store.state.metric.replace(new RegExp(`_at_${from}$`), `_at_${to}`);
          store.change({ at: to, metric });
        }),
      );
    }
    return fields.length ? [al.el("div", { class: "al-bar" }, ...fields)] : [];
  }

  /** @param {Element} root */
  function start(root) {
    root.classList.add("al-is-live");
    /** @type {Al.StudyPayload} */
    const data = al.payload(root);
    const store = new al.StudyStore(data);
    const bands = "Bands: one standard deviation over draws.";
    /** @type {HTMLElement[]} */
    const parts = [...shared(store)];
    if (data.levels.length) {
      const look = "Click a point to see its images.";
      const note = `Left: the order of scores. Middle and right: what is flagged. ${bands} ${look}`;
      parts.push(panel("What does pollution do?", note, new al.PollutionPart(store).node));
    }
    if (data.refinedAt.length) {
      const note = `A line a strategy; dashed: exactly the defective images removed, which takes labels. ${bands}`;
      parts.push(panel("What does removing images mend?", note, new al.RefinementPart(store).node));
    }
    const note = "Defects are outlined where they are known. Under each image: in how many draws it is there.";
    parts.push(panel("Which images are behind a point?", note, new al.OpenedPoint(store).node));
    const live = al.el("div", { class: "al-live" }, ...parts);
    al.given(root.querySelector(".al-still")).replaceWith(live);
  }

  document.querySelectorAll(".al-studied:not(.al-is-live)").forEach(start);
})();
