// Scores of all images, a brick an image, with a threshold that can be moved.
(() => {
  "use strict";
  const al = window.anomalylab;
  const MARGIN = { left: 40, right: 18, top: 44, bottom: 42 };
  const HEIGHT = 320;
  const LETTER = 7; // pixels that a letter of a title is wide, about
  const STEPS = 200; // key presses from one end of the axis to the other
  /** @type {Record<string, number | undefined>} */
  const KEYS = {
    ArrowLeft: -1,
    ArrowDown: -1,
    ArrowRight: 1,
    ArrowUp: 1,
    PageDown: -10,
    PageUp: 10,
    Home: -STEPS,
    End: STEPS,
  };

  al.Histogram = class {
    /**
     * @param {Al.Store} store
     * @param {Al.Show} show
     */
    constructor(store, { tip, open }) {
      this.store = store;
      this.tip = tip;
      this.open = open;
      this.width = 0;
      this.scale = this.axis();
      this.nBins = 0;
      /** @type {number[][]} images by bin */
      this.bins = [];
      this.tallest = 0;
      this.brick = 0; // height of one
      this.shrink = 1;
      /** @type {SVGElement[]} by image */
      this.bricks = [];
      this.svg = al.svg("svg", { class: "al-plot", role: "group", "aria-label": "Histogram of the scores" });
      this.caption = al.el("p", { class: "al-note" });
      this.node = al.el("div", { class: "al-histogram" }, this.svg, this.caption);
      this.label = al.svg("text", { y: 15, class: "al-threshold-words" });
      this.handle = this.makeHandle();
      al.whenResized(this.node, (width) => this.draw(width));
      store.listen((changes) => this.update(changes));
    }

    /** @param {Al.Changes} changes */
    update(changes) {
      if (!this.width) return;
      const place = this.scale.part(this.store.threshold.value);
      if ("detector" in changes || !(place >= 0 && place <= 1)) this.draw(this.width);
      else this.mark();
    }

    /** @param {number} width */
    draw(width) {
      this.width = width;
      this.scale = this.axis();
      this.stack();
      al.set(this.svg, { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT });
      const hadFocus = this.handle === document.activeElement;
      this.svg.replaceChildren(
        this.drawAxes(),
        this.drawTraining(),
        this.drawBricks(),
        this.drawBulk(),
        al.svg("g", {}, this.handle, this.label),
      );
      if (hadFocus) this.handle.focus();
      this.caption.textContent = this.words();
      this.mark();
    }

    axis() {
      const { scores, training } = this.store.detector;
      return al.scoreAxis([...scores, ...training], this.store.threshold.value, this.width, MARGIN);
    }

    // Sort images into bins; in each, normal ones lie below anomalous ones.
    stack() {
      const { scores } = this.store;
      this.nBins = this.width > 560 ? 48 : 26;
      this.bins = Array.from({ length: this.nBins }, () => []);
      const byClass = scores
        .map((_, i) => i)
        .sort((a, b) => Number(this.store.labels[a]) - Number(this.store.labels[b]) || scores[a] - scores[b]);
      byClass.forEach((i) => this.bins[this.binOf(scores[i])].push(i));
      this.tallest = Math.max(...this.bins.map((bin) => bin.length), 4);
      this.brick = (HEIGHT - MARGIN.top - MARGIN.bottom) / this.tallest;
    }

    /** @param {number} score */
    binOf(score) {
      return al.clamp(Math.floor(this.scale.part(score) * this.nBins), 0, this.nBins - 1);
    }

    drawAxes() {
      const bottom = HEIGHT - MARGIN.bottom;
      const axes = al.svg("g", { class: "al-axis", "aria-hidden": "true" });
      al.ticks(0, this.tallest, 4)
        .filter((n) => Number.isInteger(n))
        .forEach((n) => {
          const y = bottom - n * this.brick;
          axes.append(al.svg("line", { x1: MARGIN.left, x2: this.width - MARGIN.right, y1: y, y2: y }));
          axes.append(al.svg("text", { x: MARGIN.left - 6, y: y + 4, "text-anchor": "end" }, al.group(n)));
        });
      const words = this.scale.isLog ? al.format : al.tickWords(this.scale.marks);
      this.scale.marks.forEach((value) => {
        axes.append(al.svg("text", { x: this.scale.x(value), y: bottom + 17, "text-anchor": "middle" }, words(value)));
      });
      const right = this.width - MARGIN.right;
      axes.append(al.svg("text", { x: right, y: HEIGHT - 6, "text-anchor": "end" }, this.title()));
      axes.append(al.svg("text", { x: 0, y: MARGIN.top - 12 }, "images"));
      axes.append(...this.drawBeyond());
      return axes;
    }

    // What the axis shows; without the name of a detector that is too long for it.
    title() {
      const kind = `${this.scale.isLog ? ", logarithmic" : ""}: higher is more unusual →`;
      const named = `score of ${this.store.state.detector}${kind}`;
      return named.length * LETTER <= this.width - MARGIN.right ? named : `score${kind}`;
    }

    // How many images the first and the last bin hold that lie further out.
    drawBeyond() {
      const { scores } = this.store;
      const [low, high] = this.scale.ends;
      const [left, right] = [scores.filter((score) => score < low), scores.filter((score) => score > high)];
      const at = { y: MARGIN.top - 4, class: "al-beyond" };
      return [
        left.length && al.svg("text", { ...at, x: MARGIN.left + 12 }, `← ${left.length} beyond`),
        right.length &&
          al.svg("text", { ...at, x: this.width - MARGIN.right, "text-anchor": "end" }, `${right.length} beyond →`),
      ].filter((words) => words !== 0);
    }

    // Training scores as an outline; scaled down where it would be taller than the bricks.
    drawTraining() {
      const { training } = this.store.detector;
      const counts = new Array(this.nBins).fill(0);
      training.forEach((score) => (counts[this.binOf(score)] += 1));
      this.shrink = Math.min(1, this.tallest / Math.max(...counts, 1));
      const bottom = HEIGHT - MARGIN.bottom;
      const width = this.scale.width / this.nBins;
      const steps = counts.map((n, bin) => {
        const y = bottom - n * this.brick * this.shrink;
        return `L${MARGIN.left + bin * width} ${y}h${width}`;
      });
      const d = training.length ? `M${MARGIN.left} ${bottom}${steps.join("")}V${bottom}` : "";
      return al.svg("path", { d, class: "al-training-outline" });
    }

    // Images that the fitted bulk expects in a bin around each score: never more than there are,
    // however narrow the bulk.
    drawBulk() {
      const { bulk, training } = this.store.detector;
      const shrink = (training.length ? this.shrink : 1) * this.brick;
      const half = this.scale.width / this.nBins / 2;
      const below = al.areaBelow(bulk);
      /** @type {string[]} */
      const points = [];
      for (let x = MARGIN.left; bulk.length && x <= MARGIN.left + this.scale.width; x += 2) {
        const [low, high] = this.scale.between(x - half, x + half);
        if (high < bulk[0][0] || low > bulk[bulk.length - 1][0]) continue;
        const y = HEIGHT - MARGIN.bottom - (below(high) - below(low)) * shrink;
        points.push(`${x.toFixed(1)} ${y.toFixed(1)}`);
      }
      return al.svg("path", { d: points.length ? `M${points.join("L")}` : "", class: "al-bulk" });
    }

    drawBricks() {
      const group = al.svg("g", { class: "al-bricks" });
      const width = this.scale.width / this.nBins;
      const gap = this.brick >= 5 ? 1 : 0;
      this.bricks = [];
      this.bins.forEach((bin, column) =>
        bin.forEach((i, level) => {
          const brick = al.svg("rect", {
            x: MARGIN.left + column * width + 0.5,
            y: HEIGHT - MARGIN.bottom - (level + 1) * this.brick + gap / 2,
            width: Math.max(1, width - 1),
            height: Math.max(0.5, this.brick - gap),
            fill: al.classOf(this.store.labels[i]).colour,
            "data-i": i,
          });
          this.bricks[i] = brick;
          group.append(brick);
        }),
      );
      group.addEventListener("pointermove", (event) => this.point(event));
      group.addEventListener("pointerleave", () => this.tip.hide());
      group.addEventListener("click", (event) => {
        const i = this.under(event);
        if (i >= 0) this.open(i);
      });
      return group;
    }

    /**
     * The image whose brick is under the pointer, -1 if there is none.
     * @param {Event} event
     */
    under({ target }) {
      return target instanceof SVGElement && target.dataset.i ? Number(target.dataset.i) : -1;
    }

    /** @param {PointerEvent} event */
    point(event) {
      const i = this.under(event);
      if (i < 0) this.tip.hide();
      else this.tip.show(this.store.data.images[i], this.store.words(i), event.clientX, event.clientY);
    }

    makeHandle() {
      const bottom = HEIGHT - MARGIN.bottom;
      const handle = al.svg(
        "g",
        {
          class: "al-threshold",
          tabindex: 0,
          role: "slider",
          "aria-orientation": "horizontal",
          "aria-label": "Threshold on the score",
        },
        al.svg("line", { y1: 22, y2: bottom + 5 }),
        al.svg("rect", { x: -22, y: 0, width: 44, height: HEIGHT, class: "al-threshold-reach" }),
        al.svg("path", { d: "M-8 22h16v9l-8 9l-8-9z" }),
      );
      handle.addEventListener("keydown", (event) => this.key(event));
      handle.addEventListener("pointerdown", (event) => this.grab(event));
      return handle;
    }

    /** @param {PointerEvent} event */
    grab(event) {
      event.preventDefault();
      this.handle.focus({ preventScroll: true });
      this.handle.setPointerCapture(event.pointerId);
      const drag = (/** @type {PointerEvent} */ move) => {
        const x = move.clientX - this.svg.getBoundingClientRect().left;
        this.store.moveThreshold(this.scale.value(x));
      };
      const drop = () => this.handle.removeEventListener("pointermove", drag);
      this.handle.addEventListener("pointermove", drag);
      this.handle.addEventListener("pointerup", drop, { once: true });
      this.handle.addEventListener("pointercancel", drop, { once: true });
    }

    /** @param {KeyboardEvent} event */
    key(event) {
      const by = KEYS[event.key];
      if (!by) return;
      event.preventDefault();
      const x = this.scale.x(this.store.threshold.value) + (by * this.scale.width) / STEPS;
      this.store.moveThreshold(this.scale.value(x));
    }

    // Show where the threshold stands and which images are selected.
    mark() {
      const { store } = this;
      const { value } = store.threshold;
      const x = this.scale.x(value);
      this.handle.setAttribute("transform", `translate(${x} 0)`);
      const [low, high] = this.scale.ends;
      al.set(this.handle, {
        "aria-valuemin": low,
        "aria-valuemax": high,
        "aria-valuenow": value,
        "aria-valuetext": this.spoken(value),
      });
      const isRight = x < this.width * 0.6;
      al.set(this.label, { x: isRight ? x - 8 : x + 8, "text-anchor": isRight ? "start" : "end" });
      this.label.textContent =
        `${al.format(value)} ` +
        `${store.threshold.method === null ? "chosen on these images" : "threshold of the run"}`;
      this.label.classList.toggle("al-is-chosen", store.threshold.method === null);
      this.bricks.forEach((brick, i) => {
        brick.classList.toggle("al-is-below", !store.isAbove(i));
        brick.classList.toggle("al-is-faded", store.isFaded(i));
        brick.classList.toggle("al-is-selected", store.state.selection?.has(i) === true);
      });
    }

    /** @param {number} value */
    spoken(value) {
      const n = this.store.scores.filter((score) => score >= value).length;
      return `${al.format(value)}, ${n} of ${this.store.scores.length} images at or above`;
    }

    words() {
      const { training, bulk } = this.store.detector;
      const curve = bulk.length > 1 ? " Dashed: a curve fitted to most of them." : "";
      const bricks = "Each brick is an image; point at it to see it, click to enlarge.";
      if (!training.length) return bricks + curve;
      const scaled = this.shrink < 1 ? `, drawn at ${al.format(this.shrink, 2)} of their number` : "";
      return (
        `${bricks} Outline: ${al.count(training.length, "training image")}, each left out when it was ` +
        `scored${scaled}.${curve}`
      );
    }
  };
})();
