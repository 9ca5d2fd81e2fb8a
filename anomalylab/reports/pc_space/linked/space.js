// Every window of an image as a point: what the run's Python does, done again in the page.
(() => {
  "use strict";
  const al = window.anomalylab;
  const TOLERANCE = 0.05; // in units of the axes; a cell of the raster is larger
  const HELD_WINDOWS = 4e6;

  const floats = (/** @type {string} */ text) => new Float32Array(al.bytes(text).buffer);
  const dot = (/** @type {Float32Array} */ a, /** @type {Float32Array} */ b) =>
    a.reduce((sum, value, i) => sum + value * b[i], 0);

  al.PcSpace = class {
    /** @param {Al.PcPayload} data */
    constructor(data) {
      this.data = data;
      this.window = data.window;
      const size = this.window ** 2;
      const all = floats(data.components);
      this.components = Array.from({ length: all.length / size }, (_, k) => all.subarray(k * size, (k + 1) * size));
      this.mean = floats(data.mean);
      this.offsets = this.components.map((component) => dot(component, this.mean));
      /** @type {Map<number, Al.Cloud>} */
      this.clouds = new Map();
      /** @type {Al.Correlator | null} */
      this.made = null;
    }

    get correlator() {
      if (!this.made) this.made = new al.Correlator([...this.components, this.mean], this.window);
      return this.made;
    }

    /**
     * The cloud of image i; kept for the next time as long as there is room.
     * @param {number} i
     * @param {(share: number) => void} onProgress
     */
    async cloud(i, onProgress) {
      const kept = this.clouds.get(i);
      if (kept) return kept;
      const cloud = await this.project(this.data.images[i], onProgress);
      this.clouds.set(i, cloud);
      let held = [...this.clouds.values()].reduce((sum, each) => sum + each.n, 0);
      for (const [key, each] of [...this.clouds]) {
        if (held <= HELD_WINDOWS || key === i) continue;
        this.clouds.delete(key);
        held -= each.n;
      }
      return cloud;
    }

    /**
     * @param {Al.PcImageData} image
     * @param {(share: number) => void} onProgress
     * @returns {Promise<Al.Cloud>}
     */
    async project(image, onProgress) {
      const start = performance.now();
      const [width, height] = image.size;
      const { window: side } = this;
      const band = bandOf(await al.decodePng(al.bytes(image.src)), image.weights);
      const products = await this.correlator.run(band, height, width, onProgress);
      const [nRows, nCols] = [height - side + 1, width - side + 1];
      const grid = { window: side, nRows, nCols, n: nRows * nCols, axes: this.data.axes };
      const energy = boxSums(
        band.map((value) => value * value),
        height,
        width,
        side,
      );
      const cloud = { ...grid, ...this.coordinates(products, energy) };
      const onDefect = await touching(image, side, cloud.n);
      const error = this.check(cloud, image.checks);
      if (error > TOLERANCE) throw new Error(`coordinates differ by ${error.toFixed(2)} from those of the run`);
      return { ...cloud, onDefect, error, milliseconds: performance.now() - start };
    }

    /**
     * Positions along all axes, the square root of the residual last, and Mahalanobis distances.
     * @param {Float64Array[]} products
     * @param {Float64Array} energy
     * @returns {Al.Coordinates}
     */
    coordinates(products, energy) {
      const { components, offsets, mean, data } = this;
      const k = components.length;
      const meanEnergy = dot(mean, mean);
      const along = Array.from({ length: k + 1 }, () => new Float32Array(energy.length));
      const distance = new Float32Array(energy.length);
      for (let i = 0; i < energy.length; i += 1) {
        let left = energy[i] - 2 * products[k][i] + meanEnergy;
        let far = 0;
        for (let c = 0; c < k; c += 1) {
          const value = products[c][i] - offsets[c];
          along[c][i] = value;
          left -= value * value;
          far += (value / data.sigmas[c]) ** 2;
        }
        along[k][i] = Math.sqrt(Math.max(left, 0));
        distance[i] = far;
      }
      return { along, distance };
    }

    /**
     * The largest difference from coordinates that came with the image.
     * @param {Al.Grid & Al.Coordinates} cloud
     * @param {number[][]} checks
     */
    check(cloud, checks) {
      const errors = checks.flatMap(([row, col, ...values]) =>
        values.map((value, axis) => Math.abs(cloud.along[axis][row * cloud.nCols + col] - value)),
      );
      return Math.max(0, ...errors);
    }

    /**
     * The window at a position along a component, all else being average.
     * @param {number} axis
     * @param {number} value
     */
    typical(axis, value) {
      return this.mean.map((level, i) => level + value * this.components[axis][i]);
    }
  };

  /**
   * @param {Al.Png} image
   * @param {Al.PcImageData["weights"]} weights
   */
  function bandOf({ channels, pixels }, [red, green, blue, add]) {
    const band = new Float32Array(pixels.length / channels);
    const [second, third] = channels === 1 ? [0, 0] : [1, 2];
    for (let i = 0, at = 0; i < band.length; i += 1, at += channels)
      band[i] = red * pixels[at] + green * pixels[at + second] + blue * pixels[at + third] + add;
    return band;
  }

  /**
   * Sums over all windows, from sums over all rectangles that begin in the upper left corner.
   * @param {Float32Array | Uint8Array} values
   * @param {number} height
   * @param {number} width
   * @param {number} side
   */
  function boxSums(values, height, width, side) {
    const wide = width + 1;
    const sums = new Float64Array((height + 1) * wide);
    for (let row = 0; row < height; row += 1) {
      let line = 0;
      for (let col = 0; col < width; col += 1) {
        line += values[row * width + col];
        sums[(row + 1) * wide + col + 1] = sums[row * wide + col + 1] + line;
      }
    }
    const [nRows, nCols] = [height - side + 1, width - side + 1];
    const boxes = new Float64Array(nRows * nCols);
    for (let row = 0; row < nRows; row += 1) {
      const [top, bottom] = [row * wide, (row + side) * wide];
      for (let col = 0; col < nCols; col += 1)
        boxes[row * nCols + col] =
          sums[bottom + col + side] - sums[top + col + side] - sums[bottom + col] + sums[top + col];
    }
    return boxes;
  }

  /**
   * Which windows hold a pixel of the defect; null where no mask is known.
   * @param {Al.PcImageData} image
   * @param {number} side
   * @param {number} n
   */
  async function touching(image, side, n) {
    if (image.mask === null) return null;
    if (image.mask === "") return new Uint8Array(n);
    const { width, height, pixels } = await al.decodePng(al.bytes(image.mask));
    const touches = new Uint8Array(n);
    boxSums(pixels, height, width, side).forEach((sum, i) => {
      touches[i] = Number(sum > 0);
    });
    return touches;
  }
})();
