// PNG files as numbers. The page reads its images itself: what a browser draws on a canvas may pass
// through a colour profile, or be blurred on purpose to protect its user.
(() => {
  "use strict";
  const al = window.anomalylab;

  // Pixels of a grey or RGB file of 8 bits a channel: {width, height, channels, pixels}.
  al.decodePng = async (bytes) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    /** @type {Al.Bytes[]} */
    const parts = [];
    for (let at = 8; at < bytes.length; ) {
      const length = view.getUint32(at);
      const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
      if (name === "IDAT") parts.push(bytes.subarray(at + 8, at + 8 + length));
      at += length + 12;
    }
    const [width, height, channels] = [view.getUint32(16), view.getUint32(20), bytes[25] === 2 ? 3 : 1];
    const rows = await inflate(parts);
    return { width, height, channels, pixels: unfilter(rows, width * channels, height, channels) };
  };

  /** @param {Al.Bytes[]} parts */
  async function inflate(parts) {
    const stream = new Blob(parts).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  /**
   * Each row says how it was predicted: from the left, from above, from their mean, or by Paeth.
   * @param {Uint8Array} rows
   * @param {number} stride bytes of a row
   * @param {number} height
   * @param {number} step bytes of a pixel
   */
  function unfilter(rows, stride, height, step) {
    const out = new Uint8Array(stride * height);
    for (let y = 0; y < height; y += 1) {
      const kind = rows[y * (stride + 1)];
      const from = y * (stride + 1) + 1;
      const to = y * stride;
      for (let x = 0; x < stride; x += 1) {
        const left = x >= step ? out[to + x - step] : 0;
        const up = y ? out[to + x - stride] : 0;
        const corner = x >= step && y ? out[to + x - stride - step] : 0;
        out[to + x] = rows[from + x] + predict(kind, left, up, corner);
      }
    }
    return out;
  }

  /**
   * @param {number} kind
   * @param {number} left
   * @param {number} up
   * @param {number} corner
   */
  function predict(kind, left, up, corner) {
    if (kind === 0) return 0;
    if (kind === 1) return left;
    if (kind === 2) return up;
    if (kind === 3) return (left + up) >> 1;
    const guess = left + up - corner;
    const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
    if (a <= b && a <= c) return left;
    return b <= c ? up : corner;
  }
})();
