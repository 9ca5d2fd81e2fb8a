// What a part shares with who drives it: values by name, and who wants to hear of changes; as anywidget has it.
(() => {
  "use strict";
  const al = window.anomalylab;

  al.Model = class {
    constructor(values) {
      Object.assign(this, { values, changed: new Set(), listeners: [] });
    }

    get(name) {
      return this.values[name];
    }
    set(name, value) {
      this.values[name] = value;
      this.changed.add(`change:${name}`);
    }
    on(event, listener) {
      this.listeners.push([event, listener]);
    }
    // Who listens to several of the changes is called once.
    save_changes() {
      const heard = this.listeners.filter(([event]) => this.changed.has(event)).map(([, listener]) => listener);
      this.changed.clear();
      new Set(heard).forEach((listener) => listener());
    }
    update(values) {
      for (const [name, value] of Object.entries(values)) this.set(name, value);
      this.save_changes();
    }
  };
})();
