// Moves a map by keys and buttons, so that nobody has to drag it. Tab is never taken.

const STEP = 60; // pixels
const DIRECTIONS = { left: [-STEP, 0], right: [STEP, 0], up: [0, -STEP], down: [0, STEP] };
const KEYS = {
  ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down", "+": "in", "=": "in", "-": "out", _: "out",
};

/** Lets the keys of a focused map and the buttons of its section move it; Enter calls `choose`. */
export function addControls(map, section, choose) {
  map.getCanvas().addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter" && choose) choose();
    else if (KEYS[event.key]) move(map, KEYS[event.key], event.shiftKey ? 4 : 1);
    else return;
    event.preventDefault();
  });
  for (const button of section.querySelectorAll("[data-move]")) {
    button.addEventListener("click", (event) => move(map, button.dataset.move, event.shiftKey ? 4 : 1));
  }
}

function move(map, way, times) {
  const options = { duration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 200 };
  if (DIRECTIONS[way]) map.panBy(DIRECTIONS[way].map((step) => step * times), options);
  else map.zoomTo(Math.round(map.getZoom()) + (way === "in" ? 1 : -1), options);
}
