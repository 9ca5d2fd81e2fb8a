// Escape closes the image that the address enlarges; a part of the page that enlarges better may take over.
(() => {
  "use strict";
  const al = window.anomalylab;

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && location.hash.startsWith("#al-first-")) location.hash = "#al-first";
  });
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[data-enlarge]") : null;
    if (link instanceof HTMLElement && al.enlarge?.(link.dataset.enlarge ?? "")) event.preventDefault();
  });
})();
