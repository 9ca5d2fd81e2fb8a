// Previous and next, by button or by arrow key wherever no control wants the key itself.
export function render({ model }) {
  const root = document.createElement("div");
  root.className = "stepper";
  const go = (way) => {
    model.last = way;
    model.steps += 1;
  };

  const button = (text, title, way) => {
    const element = Object.assign(document.createElement("button"), { type: "button", title });
    element.textContent = text;
    element.addEventListener("click", () => go(way));
    return element;
  };

  const label = document.createElement("span");
  const write = () => {
    label.textContent = model.label;
  };
  const onKey = (event) => {
    const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const target = event.composedPath()[0];
    const isTaken = target.matches?.("input, select, textarea, button, [role=slider], [tabindex]");
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
