// Numbers as readers see them; anomalylab/number_words.py writes them by the same rules.
(() => {
  "use strict";
  const al = window.anomalylab;
  const LEAST_SHARE = 0.0005;

  // Numbers with as many digits as help; a narrow space between thousands.
  al.format = (value, digits = 3) => {
    if (value === null || value === undefined || Number.isNaN(value)) return "–";
    if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
    const size = Math.abs(value);
    const decimals = size === 0 ? 0 : Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
    return al.group(value.toFixed(Math.min(decimals, 6)));
  };
  al.group = (text) => {
    const [whole, part] = String(text).replace("-", "−").split(".");
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, "\u202f");
    return part === undefined ? grouped : `${grouped}.${part}`;
  };
  // At most one decimal, with two digits next to 0 and 100 only. What is next to none or all is not written as such.
  al.percent = (share, digits = 2) => {
    if (share > 0 && share < LEAST_SHARE) return "under 0.1\u202f%";
    if (share >= 1 - LEAST_SHARE && share < 1) return "over 99.9\u202f%";
    const decimals = digits < 3 && share >= 0.0995 && share < 0.995 ? 0 : 1;
    return `${(100 * share).toFixed(decimals).replace(/\.0$/, "")}\u202f%`;
  };
  al.count = (n, one, many) => `${al.group(n)} ${n === 1 ? one : many || `${one}s`}`;

  // Numbers of one axis, all with as many decimals as their step needs.
  al.tickWords = (marks) => {
    const step = marks.length > 1 ? marks[1] - marks[0] : 1;
    const decimals = al.clamp(Math.ceil(-Math.log10(step) - 1e-9), 0, 6);
    return (value) => al.group(value.toFixed(decimals));
  };
})();
