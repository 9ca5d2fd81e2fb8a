// Which training is shown: chosen in one part of the page, followed by all others that have it.
(() => {
  "use strict";
  const al = window.anomalylab;

  /**
   * @param {string} words
   * @param {string} title
   * @param {(select: HTMLSelectElement) => void} set
   */
  function field(words, title, set) {
    /** @type {HTMLSelectElement} */
    const select = al.el("select", { title, onchange: () => set(select) });
    return { select, node: al.el("label", { class: "al-field" }, al.el("span", {}, words), select) };
  }

  const fill = (/** @type {HTMLSelectElement} */ select, /** @type {string[]} */ names) =>
    select.replaceChildren(...names.map((name) => al.el("option", {}, name)));

  al.TrialChoice = class {
    /** @param {Al.TrialName[]} trials */
    constructor(trials) {
      this.trials = trials;
      this.place = 0;
      this.shared = al.shownTrial ??= { key: trials[0].key, listeners: [] };
      /** @type {(() => void)[]} */
      this.listeners = [];
      this.categories = [...new Set(trials.map((trial) => trial.category))];
      const category = field("Product", "Which images are judged", (select) =>
        this.choose(this.of(this.categories[select.selectedIndex], trials[this.place].name)),
      );
      const network = field("Trained with", "The loss by which the network was trained", (select) =>
        this.choose(this.names()[select.selectedIndex]),
      );
      this.category = category.select;
      this.network = network.select;
      fill(this.category, this.categories);
      const fields = this.categories.length > 1 ? [category.node, network.node] : [network.node];
      this.node = al.el("div", { class: "al-bar" }, ...fields);
      this.shared.listeners.push(() => this.follow());
      this.follow();
    }

    /** @param {() => void} listener */
    listen(listener) {
      this.listeners.push(listener);
    }

    /**
     * The trial of a category that is called the same, else the first one of it.
     * @param {string} category
     * @param {string} name
     */
    of(category, name) {
      const own = this.trials.filter((trial) => trial.category === category);
      return own.find((trial) => trial.name === name) ?? own[0];
    }

    // Trials of the category that is shown.
    names() {
      const { category } = this.trials[this.place];
      return this.trials.filter((trial) => trial.category === category);
    }

    /** @param {Al.TrialName} trial */
    choose(trial) {
      this.shared.key = trial.key;
      for (const listener of this.shared.listeners) listener();
    }

    // Shows what was chosen anywhere on the page, if this part has it.
    follow() {
      const place = this.trials.findIndex((trial) => trial.key === this.shared.key);
      if (place >= 0) this.place = place;
      const shown = this.trials[this.place];
      this.category.selectedIndex = this.categories.indexOf(shown.category);
      fill(
        this.network,
        this.names().map((trial) => trial.name),
      );
      this.network.selectedIndex = this.names().indexOf(shown);
      for (const listener of this.listeners) listener();
    }
  };
})();
