// Puts the linked views of two runs together and takes the place of the still ones.
(() => {
  "use strict";
  const al = window.anomalylab;

  const panel = (/** @type {string} */ title, /** @type {string} */ note, /** @type {Element[]} */ ...nodes) =>
    al.el("section", { class: "al-panel" }, al.el("h3", {}, title), al.el("p", { class: "al-note" }, note), ...nodes);

  // Which two are set against each other; one chosen on both sides swaps them.
  /** @param {Al.ComparedStore} store */
  function choice(store) {
    const names = store.data.methods.map((method) => method.name);
    const field = (/** @type {0 | 1} */ side, /** @type {string} */ words) => {
      /** @type {HTMLSelectElement} */
      const select = al.el(
        "select",
        {
          "data-side": side,
          onchange: () => {
            const [a, b] = store.state.pair;
            const [chosen, other] = [select.selectedIndex, side ? a : b];
            const kept = chosen === other ? store.state.pair[side] : other;
            store.change({ pair: side ? [kept, chosen] : [chosen, kept] });
          },
        },
        ...names.map((name) => al.el("option", {}, name)),
      );
      const mark = () => {
        select.selectedIndex = store.state.pair[side];
      };
      store.listen(mark);
      mark();
      return al.el("label", { class: "al-field" }, al.el("span", {}, words), select);
    };
    return al.el("div", { class: "al-fields" }, field(0, "Along"), field(1, "Up"));
  }

  /** @param {Al.ComparedStore} store */
  function answer(store) {
    const node = al.el("p", { role: "status" });
    const write = () => {
      node.textContent = store.answer;
    };
    store.listen(write);
    write();
    return node;
  }

  function keys() {
    const key = (/** @type {string} */ words, /** @type {string} */ style) =>
      al.el("span", { class: "al-key" }, al.el("i", { style }), words);
    return al.el(
      "p",
      { class: "al-note al-keys" },
      ...al.CLASSES.map(({ name, colour }) => key(name, `background:${colour}`)),
      key("changed sides", "border:2px solid var(--amber)"),
    );
  }

  /** @param {Element} root */
  function start(root) {
    root.classList.add("al-is-live");
    const store = new al.ComparedStore(al.payload(root));
    const enlarged = new al.BothMaps(store);
    /** @type {Al.ShowShared} */
    const show = { tip: new al.Tip(root), open: (i, among) => enlarged.show(i, among) };
    const ranks = panel(
      "Do the runs rank the images alike?",
      `${al.count(store.data.images.length, "image")}; rank 1 is the most unusual. Dashed: the thresholds of the ` +
        "runs. Point at a dot to see the image, click it to see both maps.",
      choice(store),
      answer(store),
      new al.RankScatter(store, show).node,
      keys(),
    );
    const changed = panel(
      "Which images changed sides?",
      "Left: under the map of the run along; right: of the run up. ▲ at or above its threshold, ▽ below, each with " +
        "the rank. The ranks that moved most come first.",
      new al.ChangedSides(store, show).node,
    );
    const tops = al.given(root.querySelector(".al-tops"));
    const linked = al.el("div", { class: "al-linked" }, ranks, tops);
    const live = al.el("div", { class: "al-live" }, linked, changed, enlarged.node);
    al.given(root.querySelector(".al-still")).replaceWith(live);
  }

  document.querySelectorAll(".al-compared:not(.al-is-live)").forEach(start);
})();
