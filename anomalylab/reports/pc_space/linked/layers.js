// Boxes to tick: what lies under and over the cloud.
(() => {
  "use strict";
  const al = window.anomalylab;

  /** @type {{ key: Al.Layer, name: string, words: string }[]} */
  const LAYERS = [
    {
      key: "normal",
      name: "normal windows",
      words: "Grey-blue: where the windows of the normal training images lie",
    },
    {
      key: "ellipses",
      name: "1, 2, 3 σ",
      words: "Ellipses of 1, 2 and 3 standard deviations of the normal windows around their mean",
    },
    { key: "grid", name: "histogram bins", words: "The bins whose counts stand for an image" },
    {
      key: "odds",
      name: "odds",
      words: "Red bins: more windows there raise the odds of a defect. Blue: they lower them",
    },
  ];

  /**
   * Whether there is such a layer in the plane that is shown.
   * @param {Al.PcStore} store
   * @param {Al.Layer} key
   */
  function hasLayer(store, key) {
    const { x, y } = store.state;
    const { grounds, odds } = store.data;
    if (key === "ellipses") return true;
    if (key === "grid") return x !== store.residual && y !== store.residual;
    const pictures = key === "normal" ? grounds : (odds?.pictures ?? {});
    return `${x},${y}` in pictures || `${y},${x}` in pictures;
  }

  /**
   * @param {Al.PcStore} store
   * @param {typeof LAYERS[number]} layer
   */
  function layer(store, { key, name, words }) {
    const box = al.el("input", { type: "checkbox", "data-layer": key });
    box.addEventListener("change", () => store.change({ layers: { ...store.state.layers, [key]: box.checked } }));
    const node = al.el("label", { class: "al-field", title: words }, box, al.el("span", {}, name));
    const mark = () => {
      box.disabled = !hasLayer(store, key);
      box.checked = store.state.layers[key];
      node.classList.toggle("al-is-off", box.disabled);
    };
    store.listen(mark);
    mark();
    return node;
  }

  al.pcLayers = (store) =>
    LAYERS.filter(({ key }) => key !== "odds" || store.data.odds).map((one) => layer(store, one));
})();
