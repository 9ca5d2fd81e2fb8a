// Pictures with a few words under each, a page at a time. The host gives a model with get, set, save_changes and on, as
// anywidget does. What its fields mean: anomalylab/pictures/gallery/__init__.py.
/** @type {Al.GalleryFields} */
const DEFAULTS = {
  items: [],
  sources: {},
  active: "",
  clicks: 0,
  on_click: "",
  page: 0,
  page_size: 24,
  n: 0,
  caption: "",
  empty: "",
  side: 96,
  look: "",
};

/** @type {Record<string, number | undefined>} */
const ARROWS = { ArrowRight: 1, ArrowLeft: -1 };

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string | boolean>} attributes
 * @param {(Node | string | null)[]} children
 */
const make = (tag, attributes, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
};

const grouped = (/** @type {number} */ n) => n.toLocaleString("en").replaceAll(",", "\u202f");

/** @param {Al.GalleryItem} item */
function words(item) {
  const meaning = item.is_above ? "at or above the threshold" : "below the threshold";
  return make(
    "span",
    { class: "al-card-words" },
    item.score ? make("b", { title: meaning }, `${item.is_above ? "▲" : "▽"} ${item.score}`) : null,
    item.label ? make("span", { class: `al-chip al-chip-${item.label}` }, item.label) : null,
    item.words ? make("i", {}, item.words) : null,
    item.name ? make("span", { class: "al-file", title: item.title }, item.name) : null,
  );
}

const picture = (/** @type {Al.GallerySource} */ source, /** @type {string} */ alt) =>
  source instanceof Node ? source : make("img", { src: source, alt });

/**
 * Panel's components give fields as properties.
 * @param {Al.PanelGallery} model
 * @returns {Al.GalleryModel}
 */
function withMethods(model) {
  /** @type {Partial<Al.GalleryFields>} */
  const fields = model;
  return {
    get: (name) => fields[name],
    set: (name, value) => Reflect.set(fields, name, value),
    save_changes: () => {},
    on: (event, listener) => model.on(event, listener),
  };
}

/** @param {{ model: Al.GalleryModel | Al.PanelGallery, el: Element }} host */
function render({ model: given, el }) {
  const model = given.get ? given : withMethods(given);
  /** @type {<K extends keyof Al.GalleryFields>(name: K) => Al.GalleryFields[K]} */
  const get = (name) => model.get(name) ?? DEFAULTS[name];
  const caption = make("p", { class: "al-caption", role: "status" });
  const body = make("div", { class: "al-groups" });
  const pager = make("nav", { class: "al-pager", "aria-label": "Pages of the gallery" });
  const root = make("div", {}, caption, body, pager);

  // Buttons of the cards of this page; without clicks there are none.
  const buttons = () => {
    /** @type {NodeListOf<HTMLButtonElement>} */
    const found = root.querySelectorAll("button.al-card-face");
    return [...found];
  };
  const idOf = (/** @type {Element} */ button) => button.closest(".al-card")?.getAttribute("data-id");

  const click = (/** @type {string} */ id) => {
    model.set("active", id);
    model.set("clicks", get("clicks") + 1);
    model.save_changes();
  };

  const card = (/** @type {Al.GalleryItem} */ item) => {
    const onClick = get("on_click");
    const sources = [get("sources")[item.id] ?? ""].flat();
    const pictures = make("span", { class: "al-pictures" }, ...sources.map((source) => picture(source, item.title)));
    /** @type {Record<string, string>} */
    const face = onClick ? { type: "button", class: "al-card-face" } : { class: "al-card-face" };
    const isApart = onClick === "open"; // words under what opens can be marked and copied
    const inside = isApart ? [pictures] : [pictures, words(item)];
    const open = make(onClick ? "button" : "span", { ...face, title: item.title }, ...inside);
    if (onClick) open.addEventListener("click", () => click(item.id));
    const kind = `al-card ${item.is_above ? "al-is-above" : ""} ${item.is_marked ? "al-is-marked" : ""}`;
    return make("li", { class: kind, "data-id": item.id }, open, isApart ? words(item) : null);
  };

  const group = (/** @type {string} */ name, /** @type {Al.GalleryItem[]} */ items) => {
    const list = make("ol", {}, ...items.filter((item) => item.id).map(card));
    return make("div", { class: "al-group" }, name ? make("p", { class: "al-group-name" }, name) : null, list);
  };

  const turn = (/** @type {string} */ text, /** @type {number} */ by) => {
    const to = get("page") + by;
    const isEnd = to < 0 || to * get("page_size") >= get("n");
    const button = make("button", { type: "button", disabled: isEnd }, text);
    button.addEventListener("click", () => {
      model.set("page", to);
      model.save_changes();
    });
    return button;
  };

  const drawPager = () => {
    const [n, size] = [get("n"), get("page_size")];
    const start = get("page") * size;
    pager.hidden = n <= size;
    const place = `${grouped(start + 1)}–${grouped(Math.min(n, start + size))} of ${grouped(n)}`;
    pager.replaceChildren(turn("← Previous", -1), make("span", {}, place), turn("Next →", 1));
  };

  const mark = () => {
    if (get("on_click") !== "choose") return;
    for (const button of buttons()) button.setAttribute("aria-pressed", String(idOf(button) === get("active")));
  };

  // The id of the card that has the focus.
  const focusedId = () => {
    const place = root.getRootNode();
    const active = place instanceof Document || place instanceof ShadowRoot ? place.activeElement : null;
    return active && root.contains(active) ? idOf(active) : undefined;
  };

  const draw = () => {
    const focused = focusedId();
    const items = get("items");
    const names = [...new Set(items.map((item) => item.group ?? ""))];
    const empty = get("empty") && !items.length ? [make("p", { class: "al-empty" }, get("empty"))] : [];
    root.className = `al-gallery ${get("look")}`;
    root.style.setProperty("--al-side", `${get("side")}px`);
    if (caption.textContent !== get("caption")) caption.textContent = get("caption");
    const groups = names.map((name) =>
      group(
        name,
        items.filter((item) => (item.group ?? "") === name),
      ),
    );
    body.replaceChildren(...groups, ...empty);
    drawPager();
    mark();
    if (focused)
      buttons()
        .find((button) => idOf(button) === focused)
        ?.focus();
  };

  root.addEventListener("keydown", (event) => {
    const faces = buttons();
    const here = faces.findIndex((face) => event.target instanceof Node && face.contains(event.target));
    const by = ARROWS[event.key];
    const next = by && faces[here + by];
    if (here < 0 || !next) return;
    event.preventDefault();
    event.stopPropagation();
    next.focus();
    if (get("on_click") === "choose") next.click();
  });
  for (const name of ["items", "sources", "page", "n", "caption", "empty"]) model.on(`change:${name}`, draw);
  model.on("change:active", mark);
  el.append(root);
  draw();
}

export default { render };
