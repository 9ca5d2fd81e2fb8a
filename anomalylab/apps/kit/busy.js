/**
 * A wheel that turns while the server works.
 * @param {{ model: Al.Wheel }} given
 */
export function render({ model }) {
  const wheel = document.createElement("div");
  const turn = () => {
    wheel.className = model.value ? "wheel turns" : "wheel";
  };
  model.on("value", turn);
  turn();
  return wheel;
}
