// Which two methods are set against each other, and which images are listed: whoever changes it tells the rest.
(() => {
  "use strict";
  const al = window.anomalylab;

  al.ComparedStore = class {
    /** @param {Al.ComparedPayload} data */
    constructor(data) {
      this.data = data;
      this.colours = al.bytes(data.colours);
      data.images.forEach((image) => {
        image.url = `data:image/webp;base64,${image.src}`;
      });
      this.maps = data.methods.map((method) => (method.maps ? new al.Maps(method, this.colours) : null));
      /** @type {(() => void)[]} */
      this.listeners = [];
      /** @type {Al.ComparedState} */
      this.state = { pair: data.first, filter: "changed", page: 0 };
      if (!this.listed("changed").length) this.state.filter = "all";
    }

    get a() {
      return this.data.methods[this.state.pair[0]];
    }
    get b() {
      return this.data.methods[this.state.pair[1]];
    }
    get answer() {
      return this.data.answers[[...this.state.pair].sort((a, b) => a - b).join(" ")] ?? "";
    }

    /** @param {() => void} listener */
    listen(listener) {
      this.listeners.push(listener);
    }
    /** @param {Partial<Al.ComparedState>} changes */
    change(changes) {
      Object.assign(this.state, { page: 0 }, changes);
      this.listeners.forEach((listener) => listener());
    }

    /**
     * @param {Al.Method} method
     * @param {number} i
     */
    isAbove(method, i) {
      return method.scores[i] >= method.threshold;
    }
    /** @param {number} i */
    hasChanged(i) {
      return this.isAbove(this.a, i) !== this.isAbove(this.b, i);
    }
    /**
     * @param {number} i
     * @param {string} filter
     */
    passes(i, filter) {
      const [inA, inB] = [this.isAbove(this.a, i), this.isAbove(this.b, i)];
      const { label } = this.data.images[i];
      if (filter === "all") return true;
      if (filter === "a") return inA && !inB;
      if (filter === "b") return inB && !inA;
      if (filter === "defects") return inA !== inB && label === 1;
      if (filter === "good") return inA !== inB && label === 0;
      return inA !== inB;
    }
    /** @param {string} filter */
    listed(filter) {
      const moved = this.data.images.map((_, i) => Math.abs(this.a.ranks[i] - this.b.ranks[i]));
      const rows = moved.map((_, i) => i).filter((i) => this.passes(i, filter));
      return rows.sort((i, k) => moved[k] - moved[i] || i - k);
    }
    /**
     * @param {Al.Method} method
     * @param {number} i
     */
    place(method, i) {
      return `${this.isAbove(method, i) ? "▲" : "▽"} ${al.group(method.ranks[i])}`;
    }
    /** @param {number} i */
    words(i) {
      const { id, label } = this.data.images[i];
      const known = label === null ? "" : `, ${al.classOf(label).name}`;
      const ranks = [this.a, this.b].map((method) => `${this.place(method, i)} in ${method.name}`);
      return `${id}${known}: rank ${ranks.join(", ")}`;
    }
    /**
     * @param {Al.Method} method
     * @param {number} i
     * @param {string} alt
     */
    picture(method, i, alt) {
      const maps = this.maps[this.data.methods.indexOf(method)];
      return al.picture(this.data.images[i], { alt, maps, query: i });
    }
  };
})();
