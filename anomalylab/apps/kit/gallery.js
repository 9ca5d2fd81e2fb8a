// Thumbnails as buttons, a page at a time: a click or Enter shows one large.
export function render({ model }) {
  const root = document.createElement("div");
  root.className = "gallery";

  const make = (tag, attributes, text = "") => {
    const element = Object.assign(document.createElement(tag), attributes);
    element.textContent = text;
    return element;
  };

  const card = (item) => {
    const button = make("button", { type: "button", className: "card", title: item.title });
    button.dataset.id = item.id;
    button.classList.toggle("above", item.above);
    const picture = make("img", { src: model.sources[item.id] ?? "", alt: item.title, loading: "lazy" });
    const words = make("span", { className: "words" });
    words.append(make("b", {}, `${item.above ? "▲" : "▽"} ${item.score}`), make("i", {}, item.outcome));
    button.append(picture, words);
    button.addEventListener("click", () => {
      model.active = item.id;
    });
    return button;
  };

  const mark = () => {
    for (const button of root.querySelectorAll(".card")) {
      const isActive = button.dataset.id === model.active;
      button.setAttribute("aria-pressed", String(isActive));
    }
  };

  const turn = (step, text) => {
    const button = make("button", { type: "button", className: "turn" }, text);
    button.disabled = model.page + step < 0 || model.page + step >= model.n_pages;
    button.addEventListener("click", () => {
      model.page += step;
    });
    return button;
  };

  const step = (event) => {
    const cards = [...root.querySelectorAll(".card")];
    const here = cards.indexOf(event.target.closest(".card"));
    const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (here < 0 || !way || !cards[here + way]) return;
    event.preventDefault();
    cards[here + way].focus();
    cards[here + way].click();
  };

  const draw = () => {
    const focused = root.getRootNode().activeElement?.dataset?.id;
    const grid = make("div", { className: "grid" });
    grid.append(...model.items.map(card));
    const pager = make("div", { className: "pager" });
    if (model.n_pages > 1) {
      const place = make("span", {}, `page ${model.page + 1} of ${model.n_pages}`);
      pager.append(turn(-1, "← Previous"), place, turn(1, "Next →"));
    }
    root.replaceChildren(make("p", { className: "note" }, model.caption), grid, pager);
    mark();
    if (focused) [...root.querySelectorAll(".card")].find((b) => b.dataset.id === focused)?.focus();
  };

  root.addEventListener("keydown", step);
  for (const name of ["items", "sources", "n_pages", "caption"]) model.on(name, draw);
  model.on("active", mark);
  draw();
  return root;
}
