// Test images beside the heat of a network and the normal image nearest to them, farthest from normal first.
(() => {
  "use strict";
  const al = window.anomalylab;
  const PAGE = 4;
  const NO_MAP = { paint: () => {} };

  class HeatGallery {
    /** @param {Al.HeatPayload} data */
    constructor(data) {
      this.data = data;
      this.choice = new al.TrialChoice(data.trials);
      this.pages = new al.ShotPages({
        size: PAGE,
        words: ["← Farther from normal", "Nearer to normal →"],
        count: (group) => this.of(group).length,
        draw: () => this.draw(),
        top: () => this.node,
      });
      this.choice.node.append(this.pages.groups);
      this.told = al.el("p", { class: "al-note", role: "status" });
      this.shots = al.el("div", { class: "al-shots" });
      const reading = al.el("p", { class: "al-note" }, data.reading);
      this.node = al.el(
        "div",
        { class: "al-live al-browse" },
        this.choice.node,
        reading,
        this.told,
        this.shots,
        this.pages.node,
      );
      this.choice.listen(() => this.pages.start("all"));
      this.pages.start("all");
    }

    /** @param {string} group */
    of(group) {
      const shots = this.data.shots[this.choice.place];
      if (group === "good") return shots.filter((shot) => shot.label === 0);
      return group === "defective" ? shots.filter((shot) => shot.label === 1) : shots;
    }

    draw() {
      const shots = this.of(this.pages.group);
      const shown = this.pages.part(shots);
      const first = this.pages.first;
      this.shots.replaceChildren(...shown.map((shot) => this.article(shot)));
      this.told.textContent = shots.length
        ? `${first + 1} to ${first + shown.length} of ${al.count(shots.length, "image")}, farthest from normal first.`
        : "No image of this training has heat.";
    }

    /** @param {Al.Shot} shot */
    article(shot) {
      const { data } = this;
      const image = data.images[shot.id];
      const near = data.images[shot.nearest];
      const type = shot.type || al.classOf(shot.label).name;
      const name = image ? image.name : shot.id;
      const words = `${type}; distance ${shot.distance}, place ${shot.rank} of ${al.group(shot.n)}`;
      const figures = [];
      if (image) figures.push(this.figure(image, image.src, `${shot.id}, ${type}`, "The image", ""));
      for (const [of, told] of Object.entries(data.of)) {
        const map = shot.maps[of];
        if (map) figures.push(this.heat(shot, image, map, told));
      }
      if (near) {
        const words = "The nearest normal training image";
        figures.push(this.figure({ ...near, contour: [] }, near.src, shot.nearest, words, near.name));
      }
      return al.el(
        "article",
        { class: "al-shot" },
        al.el("p", { class: "al-shot-title al-break", title: shot.id }, al.el("b", {}, name), ` ${words}`),
        al.el("div", { class: "al-four" }, ...figures),
      );
    }

    /**
     * @param {Al.Shot} shot
     * @param {Al.HeatImage | undefined} image
     * @param {Al.HeatMap} map
     * @param {string} of
     */
    heat(shot, image, map, of) {
      const drawn = image ?? { name: shot.id, thumb: [1, 1], src: "", contour: [] };
      return this.figure(drawn, map.src, `Heat over ${shot.id}`, of, map.words);
    }

    /**
     * @param {Al.HeatImage} image
     * @param {string} src
     * @param {string} alt
     * @param {string} title
     * @param {string} words
     */
    figure(image, src, alt, title, words) {
      const drawn = { url: `data:image/webp;base64,${src}`, thumb: image.thumb, contour: image.contour };
      const picture = al.picture(drawn, { alt, maps: image.contour.length ? NO_MAP : null });
      const told = words ? [al.el("br"), al.el("span", { class: "al-break" }, words)] : [];
      return al.el("figure", {}, picture, al.el("figcaption", {}, al.el("b", {}, title), ...told));
    }
  }

  /** @param {Element} root */
  function start(root) {
    root.classList.add("al-is-live");
    const still = root.querySelector(".al-still");
    if (still) still.replaceWith(new HeatGallery(al.payload(root)).node);
  }

  document.querySelectorAll(".al-heat:not(.al-is-live)").forEach(start);
})();
