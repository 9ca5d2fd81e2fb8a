// Small pictures as buttons; a click, Enter or an arrow key makes one active.
export function render({ model }) {
  const root = document.createElement("div");
  root.className = "cards";

  const make = (tag, attributes, text = "") => {
    const element = Object.assign(document.createElement(tag), attributes);
    element.textContent = text;
    return element;
  };

  const card = (item) => {
    const button = make("button", { type: "button", className: "card", title: item.title });
    button.dataset.id = item.id;
    button.classList.toggle("marked", Boolean(item.is_marked));
    button.append(
      make("img", { src: model.sources[item.id] ?? "", alt: item.title }),
      make("span", { className: "words" }, item.words),
    );
    button.addEventListener("click", () => {
      model.active = item.id;
      model.clicks += 1;
    });
    return button;
  };

  const mark = () => {
    for (const button of root.querySelectorAll(".card")) {
      button.setAttribute("aria-pressed", String(button.dataset.id === model.active));
    }
  };

  const step = (event) => {
    const cards = [...root.querySelectorAll(".card")];
    const here = cards.indexOf(event.target.closest(".card"));
    const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (here < 0 || !way || !cards[here + way]) return;
    event.preventDefault();
    event.stopPropagation();
    cards[here + way].focus();
    cards[here + way].click();
  };

  const draw = () => {
    const focused = root.getRootNode().activeElement?.dataset?.id;
    root.style.setProperty("--side", `${model.side}px`);
    const groups = [...new Set(model.items.map((item) => item.group ?? ""))];
    const parts = groups.map((group) => {
      const part = make("div", { className: "part" });
      const grid = make("div", { className: "grid" });
      grid.append(...model.items.filter((item) => (item.group ?? "") === group && item.id).map(card));
      part.append(...(group ? [make("p", { className: "group" }, group), grid] : [grid]));
      return part;
    });
    root.classList.toggle("columns", model.has_columns);
    root.replaceChildren(
      ...(parts.length ? parts : [make("p", { className: "empty", hidden: !model.empty }, model.empty)]),
    );
    mark();
    if (focused) [...root.querySelectorAll(".card")].find((b) => b.dataset.id === focused)?.focus();
  };

  root.addEventListener("keydown", step);
  for (const name of ["items", "sources", "empty"]) model.on(name, draw);
  model.on("active", mark);
  draw();
  return root;
}
