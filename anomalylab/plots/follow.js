/** Lets a figure take the colours of the page around it, and follow when the page is switched to others. */

const DARK = "(prefers-color-scheme: dark)";

/** What is followed already. @type {WeakSet<Plots.Part[]>} */
const followed = new WeakSet();

/**
 * Called when the figure is drawn first, and whenever its size changes.
 * @param {{ parts: Plots.Part[] }} given
 */
export default function follow({ parts }) {
  paint(parts);
  if (followed.has(parts)) return;
  followed.add(parts);
  watch(new WeakRef(parts));
}

/**
 * Give all parts the colours of the page, or their own back where it names none.
 * @param {Plots.Part[]} parts
 */
function paint(parts) {
  const style = getComputedStyle(document.documentElement);
  for (const part of parts) {
    const [model, property, name, isGlyph] = part;
    const colour = style.getPropertyValue(`--al-${name}`).trim();
    if (!colour && part.length < 5) continue;
    if (part.length < 5) part.push(model[property]);
    model.setv({ [property]: colour ? (isGlyph ? { value: colour } : colour) : part[4] }, { sync: false });
  }
}

/**
 * Paint anew when the system or JupyterLab is switched between light and dark, for as long as the figure is there.
 * @param {WeakRef<Plots.Part[]>} held
 */
function watch(held) {
  const system = matchMedia(DARK);
  const notebook = new MutationObserver(repaint);
  function repaint() {
    const parts = held.deref();
    if (parts) return paint(parts);
    system.removeEventListener("change", repaint);
    notebook.disconnect();
  }
  system.addEventListener("change", repaint);
  notebook.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
}
