// Images in groups, a few at a time: buttons that choose all, defective or good ones, and buttons that turn pages.
(() => {
  "use strict";
  const al = window.anomalylab;
  const GROUPS = ["all", "defective", "good"];

  al.ShotPages = class {
    /** @param {Al.ShotPagesOptions} options */
    constructor(options) {
      this.options = options;
      this.group = GROUPS[0];
      this.page = 0;
      this.groups = al.el("div", { class: "al-segments", role: "group", "aria-label": "Which images" });
      const [earlier, later] = options.words;
      this.previous = this.button(earlier, -1);
      this.next = this.button(later, 1);
      this.node = al.el("div", { class: "al-fields" }, this.previous, this.next);
    }

    /**
     * @param {string} words
     * @param {number} by
     */
    button(words, by) {
      return al.el("button", { type: "button", onclick: () => this.turn(by) }, words);
    }

    /** @param {string} group */
    start(group) {
      this.group = group;
      this.page = 0;
      this.drawGroups();
      this.options.draw();
    }

    /** @param {number} by */
    turn(by) {
      this.page += by;
      this.options.draw();
      this.options.top().scrollIntoView({ block: "start" });
      if (by > 0 && this.next.disabled) this.previous.focus({ preventScroll: true });
      if (by < 0 && this.previous.disabled) this.next.focus({ preventScroll: true });
    }

    // Where the page that is shown begins among the shots of the group.
    get first() {
      return this.page * this.options.size;
    }

    /**
     * The part of the shots of the group that is on the page that is shown; the buttons follow.
     * @template S
     * @param {S[]} shots
     */
    part(shots) {
      const end = this.first + this.options.size;
      this.previous.disabled = this.first === 0;
      this.next.disabled = end >= shots.length;
      return shots.slice(this.first, end);
    }

    drawGroups() {
      const focused = this.groups.contains(document.activeElement);
      const names = GROUPS.filter((group) => group === GROUPS[0] || this.options.count(group));
      const buttons = names.map((group) => {
        const attributes = {
          type: "button",
          "aria-pressed": String(group === this.group),
          onclick: () => this.start(group),
        };
        const badge = al.el("span", { class: "al-badge" }, al.group(this.options.count(group)));
        return al.el("button", attributes, group, " ", badge);
      });
      this.groups.replaceChildren(...buttons);
      /** @type {HTMLElement | null} */
      const pressed = this.groups.querySelector("[aria-pressed=true]");
      if (focused) pressed?.focus();
    }
  };
})();
