/** @type {Record<string, number | undefined>} */
const ARROWS = { ArrowRight: 1, ArrowLeft: -1 };
const WANT_KEYS = "input, select, textarea, button, [role=slider], [tabindex]";

/**
 * Previous and next, by button or by arrow key wherever no control wants the key itself.
 * @param {{ model: Al.Stepper }} given
 */
export function render({ model }) {
  const root = document.createElement("div");
  root.className = "stepper";
  const go = (/** @type {number} */ way) => {
    model.last = way;
    model.steps += 1;
  };

  const button = (/** @type {string} */ text, /** @type {string} */ title, /** @type {number} */ way) => {
    const element = Object.assign(document.createElement("button"), { type: "button", title });
    element.textContent = text;
    element.addEventListener("click", () => go(way));
    return element;
  };

  const label = document.createElement("span");
  const write = () => {
    label.textContent = model.label;
  };
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    const way = ARROWS[event.key];
    const [target] = event.composedPath();
    const isTaken = target instanceof Element && target.matches(WANT_KEYS);
    if (!way || isTaken || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    go(way);
  };

  root.append(button("←", "Previous image (left arrow)", -1), label, button("→", "Next image (right arrow)", 1));
  model.on("label", write);
  write();
  if (!window.JupyterLab && !document.querySelector(".jp-LabShell")) {
    document.addEventListener("keydown", onKey);
    model.on("remove", () => document.removeEventListener("keydown", onKey));
  }
  return root;
}
