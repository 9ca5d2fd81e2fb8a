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
  list_name: "",
  wants: 0,
  listed: { wants: 0, rows: [] },
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

// A spreadsheet may take these for the beginning of a formula; runs/spreadsheet.py marks cells alike.
const FORMULA = /^[=+\-@\t\r\uff0b\uff0d\uff1d\uff20]/;

/**
 * A cell of a table as text that is no formula: of a path, a path still.
 * @param {Al.Cell} value
 * @param {boolean} isPath
 */
function cellText(value, isPath) {
  if (value === null) return "";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return String(Number(value.toPrecision(9)));
  return FORMULA.test(value) ? `${isPath ? "./" : "'"}${value}` : value;
}

/** @param {Al.Cell[][]} rows */
function texts([head, ...rows]) {
  const isPath = head.map((name) => String(name).endsWith("path"));
  return [head.map(String), ...rows.map((row) => row.map((value, at) => cellText(value, isPath[at])))];
}

// As a file; the mark in front tells Excel that it is UTF-8.
function asCsv(/** @type {Al.Cell[][]} */ rows) {
  const quoted = (/** @type {string} */ text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return `\ufeff${texts(rows)
    .map((row) => `${row.map(quoted).join(",")}\n`)
    .join("")}`;
}

// For the clipboard: tabs part the cells of all spreadsheets.
function asTabs(/** @type {Al.Cell[][]} */ rows) {
  const lines = texts(rows).map((row) => row.map((text) => text.replace(/[\t\r\n]+/g, " ")).join("\t"));
  return lines.join("\n");
}

/**
 * @param {string} name
 * @param {string} text
 */
function save(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

// Browsers give no clipboard to pages of plain http: there the text is selected and copied.
async function copy(/** @type {string} */ text, /** @type {Element} */ near) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = make("textarea", { readonly: true, style: "position:fixed;opacity:0" });
    area.value = text;
    near.append(area);
    area.select();
    const isCopied = document.execCommand("copy");
    area.remove();
    return isCopied;
  }
}

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
  const told = make("span", { role: "status" });
  const pager = make("nav", { class: "al-pager", "aria-label": "Pages of the gallery" });
  const hand = make("div", { class: "al-hand" });
  const root = make("div", {}, caption, hand, body, pager);

  // The list of all pages may be long: the host makes it when somebody asks.
  let wanted = "";
  const handOut = async () => {
    const { rows } = get("listed");
    const n = rows.length === 2 ? "1 image" : `${grouped(rows.length - 1)} images`;
    const what = wanted;
    wanted = "";
    if (what === "save") {
      save(get("list_name"), asCsv(rows));
      told.textContent = `${n} saved as ${get("list_name")}`;
    } else if (what === "copy") {
      const isCopied = await copy(asTabs(rows), hand);
      told.textContent = isCopied
        ? `${n} copied: paste into a spreadsheet`
        : "The browser did not allow it; save the list";
    }
  };
  const asking = (/** @type {string} */ text, /** @type {string} */ what, /** @type {string} */ title) => {
    const button = make("button", { type: "button", title, "data-list": what }, text);
    button.addEventListener("click", () => {
      wanted = what;
      model.set("wants", get("wants") + 1);
      model.save_changes();
    });
    return button;
  };
  if (get("list_name"))
    hand.append(
      asking("Copy list", "copy", "Copies rank, path, score and place of all images listed here, for a spreadsheet"),
      asking("Save list", "save", "Saves rank, path, score and place of all images listed here, as CSV"),
      told,
    );

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
    told.textContent = "";
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
  model.on("change:listed", handOut);
  el.append(root);
  draw();
}

export default { render };
