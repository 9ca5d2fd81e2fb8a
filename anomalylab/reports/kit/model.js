// What a part shares with who drives it: values by name, and who wants to hear of changes; as anywidget has it.
(() => {
  "use strict";
  const al = window.anomalylab;

  al.Model = class {
    /** @param {Partial<Al.GalleryFields>} values */
    constructor(values) {
      this.values = values;
      /** @type {Set<string>} */
      this.changed = new Set();
      /** @type {[event: string, listener: () => void][]} */
      this.listeners = [];
    }

    /**
     * @template {keyof Al.GalleryFields} K
     * @param {K} name
     */
    get(name) {
      return this.values[name];
    }
    /**
     * @template {keyof Al.GalleryFields} K
     * @param {K} name
     * @param {Al.GalleryFields[K]} value
     */
    set(name, value) {
      this.values[name] = value;
      this.changed.add(`change:${name}`);
    }
    /**
     * @param {string} event
     * @param {() => void} listener
     */
    on(event, listener) {
      this.listeners.push([event, listener]);
    }
    // Who listens to several of the changes is called once.
    save_changes() {
      const heard = this.listeners.filter(([event]) => this.changed.has(event)).map(([, listener]) => listener);
      this.changed.clear();
      new Set(heard).forEach((listener) => listener());
    }
    /** @param {Partial<Al.GalleryFields>} values */
    update(values) {
      Object.assign(this.values, values);
      for (const name of Object.keys(values)) this.changed.add(`change:${name}`);
      this.save_changes();
    }
  };
})();
