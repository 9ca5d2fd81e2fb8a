// Cross-correlation of an image with square kernels, exact, tile by tile in the frequency domain.
(function () {
  "use strict";
  const al = window.anomalylab;
  const TURN = 12; // milliseconds of work between two breaths

  // Fourier transforms of n x n numbers, in place; n is a power of two.
  class Fourier {
    constructor(n) {
      this.n = n;
      this.cos = Float64Array.from({ length: n / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / n));
      this.sin = Float64Array.from({ length: n / 2 }, (_, i) => -Math.sin((2 * Math.PI * i) / n));
      const bits = Math.log2(n);
      this.order = Int32Array.from({ length: n }, (_, i) => parseInt(i.toString(2).padStart(bits, "0").split("").reverse().join(""), 2));
      this.columnRe = new Float64Array(n);
      this.columnIm = new Float64Array(n);
    }
    line(re, im, start) {
      const { n, cos, sin, order } = this;
      for (let i = 0; i < n; i += 1) {
        const j = order[i];
        if (j <= i) continue;
        const [r, m] = [re[start + i], im[start + i]];
        re[start + i] = re[start + j];
        im[start + i] = im[start + j];
        re[start + j] = r;
        im[start + j] = m;
      }
      for (let half = 1; half < n; half *= 2) {
        const step = n / (2 * half);
        for (let low = start; low < start + n; low += 2 * half) {
          for (let k = 0, turn = 0; k < half; k += 1, turn += step) {
            const a = low + k;
            const b = a + half;
            const r = re[b] * cos[turn] - im[b] * sin[turn];
            const m = re[b] * sin[turn] + im[b] * cos[turn];
            re[b] = re[a] - r;
            im[b] = im[a] - m;
            re[a] += r;
            im[a] += m;
          }
        }
      }
    }
    square(re, im) {
      const { n, columnRe, columnIm } = this;
      for (let row = 0; row < n; row += 1) this.line(re, im, row * n);
      for (let col = 0; col < n; col += 1) {
        for (let i = 0, at = col; i < n; i += 1, at += n) {
          columnRe[i] = re[at];
          columnIm[i] = im[at];
        }
        this.line(columnRe, columnIm, 0);
        for (let i = 0, at = col; i < n; i += 1, at += n) {
          re[at] = columnRe[i];
          im[at] = columnIm[i];
        }
      }
    }
  }

  al.Correlator = class {
    // Two kernels share a transform, one as its real part, one as its imaginary part.
    constructor(kernels, side) {
      this.side = side;
      this.count = kernels.length;
      this.n = 128;
      while (this.n < 4 * side) this.n *= 2;
      this.fourier = new Fourier(this.n);
      this.pairs = [];
      for (let i = 0; i < kernels.length; i += 2) this.pairs.push(this.pair(kernels[i], kernels[i + 1]));
    }

    spectrum(kernel) {
      const { n, side } = this;
      const re = new Float64Array(n * n);
      const im = new Float64Array(n * n);
      if (kernel) kernel.forEach((value, i) => (re[Math.floor(i / side) * n + (i % side)] = value));
      this.fourier.square(re, im);
      return { re, im };
    }

    // conj(A) + i conj(B)
    pair(first, second) {
      const [a, b] = [this.spectrum(first), this.spectrum(second)];
      return { re: a.re.map((value, i) => value + b.im[i]), im: a.im.map((value, i) => b.re[i] - value) };
    }

    // One array a kernel, of (height - side + 1) x (width - side + 1) numbers.
    async run(image, height, width, onProgress) {
      const { n, side } = this;
      const [nRows, nCols, step] = [height - side + 1, width - side + 1, n - side + 1];
      const results = Array.from({ length: this.count }, () => new Float64Array(nRows * nCols));
      const total = Math.ceil(nRows / step) * Math.ceil(nCols / step);
      let [done, since] = [0, performance.now()];
      for (let top = 0; top < nRows; top += step) {
        for (let left = 0; left < nCols; left += step) {
          this.tile(image, height, width, top, left, results);
          done += 1;
          if (performance.now() - since < TURN) continue;
          onProgress(done / total);
          await new Promise((resume) => setTimeout(resume));
          since = performance.now();
        }
      }
      return results;
    }

    tile(image, height, width, top, left, results) {
      const { n, side } = this;
      const size = n * n;
      const spectrum = { re: new Float64Array(size), im: new Float64Array(size) };
      for (let row = top; row < Math.min(top + n, height); row += 1) {
        spectrum.re.set(image.subarray(row * width + left, row * width + Math.min(left + n, width)), (row - top) * n);
      }
      this.fourier.square(spectrum.re, spectrum.im);
      const [re, im] = [new Float64Array(size), new Float64Array(size)];
      this.pairs.forEach((pair, k) => {
        for (let i = 0; i < size; i += 1) {
          re[i] = spectrum.re[i] * pair.re[i] - spectrum.im[i] * pair.im[i];
          im[i] = spectrum.re[i] * pair.im[i] + spectrum.im[i] * pair.re[i];
        }
        // the inverse transform is the transform with real and imaginary parts exchanged
        this.fourier.square(im, re);
        const nCols = width - side + 1;
        const rows = Math.min(n - side + 1, height - side + 1 - top);
        const cols = Math.min(n - side + 1, nCols - left);
        [re, im].slice(0, this.count - 2 * k).forEach((values, part) => copy(values, results[2 * k + part], { n, nCols, top, left, rows, cols }));
      });
    }
  };

  function copy(values, result, { n, nCols, top, left, rows, cols }) {
    for (let row = 0; row < rows; row += 1) {
      const to = (top + row) * nCols + left;
      for (let col = 0; col < cols; col += 1) result[to + col] = values[row * n + col] / (n * n);
    }
  }
})();
