// Tables that copy as tab-separated text; some sort by a click on a head.
(() => {
  "use strict";
  const al = window.anomalylab;

  const keyOf = (/** @type {HTMLTableRowElement} */ row, /** @type {number} */ column) => {
    const cell = row.cells[column];
    const text = cell.dataset.value === undefined ? cell.textContent : cell.dataset.value;
    const number = Number(text);
    return text === "" || Number.isNaN(number) ? text : number;
  };

  /**
   * Numbers before words, each kind in its order.
   * @param {number | string} a
   * @param {number | string} b
   */
  function compare(a, b) {
    if (typeof a === typeof b) return a < b ? -1 : Number(a > b);
    return typeof a === "number" ? -1 : 1;
  }

  const headsOf = (/** @type {HTMLTableElement} */ table) => [...al.given(table.tHead).rows[0].cells];

  /**
   * @param {HTMLTableElement} table
   * @param {number} column
   * @param {HTMLTableCellElement} head
   */
  function sort(table, column, head) {
    const isDown = head.getAttribute("aria-sort") === "descending";
    const rows = [...table.tBodies[0].rows].sort(
      (a, b) => (isDown ? 1 : -1) * compare(keyOf(a, column), keyOf(b, column)),
    );
    headsOf(table).forEach((cell) => cell.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", isDown ? "ascending" : "descending");
    table.tBodies[0].append(...rows);
  }

  /**
   * @param {HTMLTableElement} table
   * @param {HTMLButtonElement} button
   */
  async function copy(table, button) {
    const text = [...table.rows]
      .map((row) => [...row.cells].map((cell) => cell.textContent.trim().replaceAll(/\s+/g, " ")).join("\t"))
      .join("\n");
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      al.given(getSelection()).selectAllChildren(table);
      button.textContent = "Selected: press Ctrl+C";
    }
  }

  /** @param {HTMLTableElement} table */
  function makeSortable(table) {
    headsOf(table).forEach((head, column) => {
      const button = al.el("button", { type: "button", title: "Sort", onclick: () => sort(table, column, head) });
      button.append(...head.childNodes);
      head.append(button);
    });
  }

  /** @param {HTMLTableElement} table */
  function start(table) {
    table.classList.add("al-is-live");
    if (table.classList.contains("al-sortable")) makeSortable(table);
    /** @type {HTMLButtonElement} */
    const button = al.el(
      "button",
      { type: "button", class: "al-copy", onclick: () => copy(table, button) },
      "Copy table",
    );
    al.given(table.closest(".al-table")).after(button);
  }

  /** @type {NodeListOf<HTMLTableElement>} */
  const tables = document.querySelectorAll("table.al-copyable:not(.al-is-live)");
  tables.forEach(start);
})();
