// A slider over the shares that a study has, and a table of what stands at its place.
(() => {
  "use strict";
  const al = window.anomalylab;

  al.shareSlider = (words, title, shares, value, set, store) => {
    const place = () => Math.max(0, shares.indexOf(value()));
    /** @type {HTMLInputElement} */
    const input = al.el("input", {
      type: "range",
      min: 0,
      max: shares.length - 1,
      step: 1,
      title,
      "aria-label": words,
      oninput: () => set(shares[Number(input.value)]),
    });
    const told = al.el("b");
    const write = () => {
      input.value = String(place());
      told.textContent = al.percent(shares[place()] ?? 0);
      input.setAttribute("aria-valuetext", told.textContent);
    };
    store.listen(write);
    write();
    return al.el("label", { class: "al-field al-share" }, al.el("span", {}, words), input, told);
  };

  al.readouts = (head, rows, open) => {
    const row = (/** @type {Al.ReadoutRow} */ { look, cells, spot }) =>
      al.el(
        "tr",
        {},
        al.el(
          "th",
          { scope: "row" },
          al.el("span", { class: "al-dot", style: `background:${look.colour}` }),
          look.name,
        ),
        ...cells.map((cell) => al.el("td", { class: "al-number" }, cell)),
        al.el(
          "td",
          {},
          spot
            ? al.el(
                "button",
                { type: "button", "aria-label": `Images of ${look.name}`, onclick: () => open(spot) },
                "Images",
              )
            : "",
        ),
      );
    return al.el(
      "div",
      { class: "al-table" },
      al.el(
        "table",
        {},
        al.el(
          "thead",
          {},
          al.el(
            "tr",
            {},
            ...head.map((name, i) => al.el("th", { scope: "col", class: i ? "al-number" : null }, name)),
            al.el("th", { scope: "col" }),
          ),
        ),
        al.el("tbody", {}, ...rows.map(row)),
      ),
    );
  };
})();
