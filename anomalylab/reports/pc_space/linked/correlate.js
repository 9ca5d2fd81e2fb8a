// Cross-correlation of an image with square kernels, exact, tile by tile in the frequency domain.
(() => {
  "use strict";
  const al = window.anomalylab;
  const TURN = 12; // milliseconds of work between two breaths

  const PAD = 5; // numbers after each row: rows a power of two apart would meet in the processor's cache

  // Fourier transforms of n x n complex numbers, in place; n is a power of two. Frequencies are left
  // transposed and in bit-reversed order, which `back` undoes: products need no order.
  class Fourier {
    /** @param {number} n */
    constructor(n) {
      this.n = n;
      this.stride = n + PAD;
      this.cos = Float64Array.from({ length: n / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / n));
      this.sin = Float64Array.from({ length: n / 2 }, (_, i) => Math.sin((2 * Math.PI * i) / n));
    }
    /**
     * @param {Float64Array} re
     * @param {Float64Array} im
     */
    forth(re, im) {
      this.fall(re, im);
      this.transpose(re, im);
      this.fall(re, im);
    }
    /**
     * Without the division by n * n.
     * @param {Float64Array} re
     * @param {Float64Array} im
     */
    back(re, im) {
      this.rise(re, im);
      this.transpose(re, im);
      this.rise(re, im);
    }

    /**
     * @param {Float64Array} re
     * @param {Float64Array} im
     */
    fall(re, im) {
      const { n, stride, cos, sin } = this;
      for (let half = n / 2; half >= 1; half /= 2) {
        for (let low = 0; low < n; low += 2 * half) {
          for (let k = 0; k < half; k += 1) {
            const c = cos[(k * n) / (2 * half)];
            const s = sin[(k * n) / (2 * half)];
            const start = (low + k) * stride;
            for (let a = start, b = start + half * stride; a < start + n; a += 1, b += 1) {
              const r = re[a] - re[b];
              const m = im[a] - im[b];
              re[a] += re[b];
              im[a] += im[b];
              re[b] = r * c + m * s;
              im[b] = m * c - r * s;
            }
          }
        }
      }
    }

    /**
     * @param {Float64Array} re
     * @param {Float64Array} im
     */
    rise(re, im) {
      const { n, stride, cos, sin } = this;
      for (let half = 1; half < n; half *= 2) {
        for (let low = 0; low < n; low += 2 * half) {
          for (let k = 0; k < half; k += 1) {
            const c = cos[(k * n) / (2 * half)];
            const s = sin[(k * n) / (2 * half)];
            const start = (low + k) * stride;
            for (let a = start, b = start + half * stride; a < start + n; a += 1, b += 1) {
              const r = re[b] * c - im[b] * s;
              const m = re[b] * s + im[b] * c;
              re[b] = re[a] - r;
              im[b] = im[a] - m;
              re[a] += r;
              im[a] += m;
            }
          }
        }
      }
    }

    /**
     * @param {Float64Array} re
     * @param {Float64Array} im
     */
    transpose(re, im) {
      const { n, stride } = this;
      for (const values of [re, im]) {
        for (let row = 0; row < n; row += 1) {
          for (let col = row + 1; col < n; col += 1) {
            const kept = values[row * stride + col];
            values[row * stride + col] = values[col * stride + row];
            values[col * stride + row] = kept;
          }
        }
      }
    }
  }

  /** @typedef {{ re: Float64Array, im: Float64Array }} Spectrum */
  /** @typedef {{ image: Float32Array, height: number, width: number, nRows: number, nCols: number }} Shape */
  /** @typedef {{ top: number, left: number }} Corner */

  al.Correlator = class {
    /**
     * @param {Float32Array[]} kernels
     * @param {number} side
     */
    constructor(kernels, side) {
      this.side = side;
      this.n = 128;
      while (this.n < 4 * side) this.n *= 2;
      this.step = this.n - side + 1;
      this.fourier = new Fourier(this.n);
      this.size = this.n * this.fourier.stride;
      this.spectra = kernels.map((kernel) => this.spectrum(kernel));
      const [re, im, toRe, toIm] = Array.from({ length: 4 }, () => new Float64Array(this.size));
      this.tile = { re, im };
      this.product = { re: toRe, im: toIm };
    }

    /**
     * @param {Float32Array} kernel
     * @returns {Spectrum}
     */
    spectrum(kernel) {
      const { side, size, fourier } = this;
      const [re, im] = [new Float64Array(size), new Float64Array(size)];
      kernel.forEach((value, i) => {
        re[Math.floor(i / side) * fourier.stride + (i % side)] = value;
      });
      fourier.forth(re, im);
      return { re, im };
    }

    /**
     * One array a kernel, of (height - side + 1) x (width - side + 1) numbers.
     * @param {Float32Array} image
     * @param {number} height
     * @param {number} width
     * @param {(share: number) => void} onProgress
     */
    async run(image, height, width, onProgress) {
      const { side, step } = this;
      const [nRows, nCols] = [height - side + 1, width - side + 1];
      const results = this.spectra.map(() => new Float64Array(nRows * nCols));
      const corners = [];
      for (let top = 0; top < nRows; top += step)
        for (let left = 0; left < nCols; left += step) corners.push({ top, left });
      let since = performance.now();
      for (let at = 0; at < corners.length; at += 2) {
        this.pair({ image, height, width, nRows, nCols }, corners.slice(at, at + 2), results);
        if (performance.now() - since < TURN) continue;
        onProgress((at + 2) / corners.length);
        await new Promise((resume) => setTimeout(resume));
        since = performance.now();
      }
      return results;
    }

    /**
     * Two tiles share a transform, one as its real part, one as its imaginary part.
     * @param {Shape} shape
     * @param {Corner[]} corners one or two
     * @param {Float64Array[]} results
     */
    pair(shape, corners, results) {
      const { fourier } = this;
      const { re, im } = this.tile;
      const { re: toRe, im: toIm } = this.product;
      [re, im].forEach((tile, part) => this.cut(shape, corners[part], tile));
      fourier.forth(re, im);
      this.spectra.forEach((kernel, k) => {
        this.multiply(kernel);
        fourier.back(toRe, toIm);
        corners.forEach((corner, part) => this.paste(shape, corner, [toRe, toIm][part], results[k]));
      });
    }

    /** @param {Spectrum} kernel */
    multiply({ re: a, im: b }) {
      const { re, im } = this.tile;
      const { re: toRe, im: toIm } = this.product;
      for (let i = 0; i < re.length; i += 1) {
        toRe[i] = re[i] * a[i] + im[i] * b[i];
        toIm[i] = im[i] * a[i] - re[i] * b[i];
      }
    }

    /**
     * @param {Shape} shape
     * @param {Corner | undefined} corner
     * @param {Float64Array} tile
     */
    cut({ image, height, width }, corner, tile) {
      tile.fill(0);
      if (!corner) return;
      const { top, left } = corner;
      for (let row = top; row < Math.min(top + this.n, height); row += 1) {
        tile.set(
          image.subarray(row * width + left, row * width + Math.min(left + this.n, width)),
          (row - top) * this.fourier.stride,
        );
      }
    }

    /**
     * @param {Shape} shape
     * @param {Corner} corner
     * @param {Float64Array} tile
     * @param {Float64Array} result
     */
    paste({ nRows, nCols }, { top, left }, tile, result) {
      const { n, step, fourier } = this;
      for (let row = top; row < Math.min(top + step, nRows); row += 1) {
        const from = (row - top) * fourier.stride - left;
        for (let col = left; col < Math.min(left + step, nCols); col += 1)
          result[row * nCols + col] = tile[from + col] / (n * n);
      }
    }
  };
})();
