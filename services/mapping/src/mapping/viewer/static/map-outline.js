// Draws a line or an area point by point: the map moves under a crosshair, and the lines of the form's field are the
// shape. A line that nobody moves stays as it was typed.

import { addControls } from "./map-keys.js";

const DECIMALS = 7; // about a centimetre
const NEAR = 20; // pixels
const HOLE = "hole";
const DEGREES = /^(-?\d+\.\d+)\s*,\s*(-?\d+\.\d+)$/;
const EMPTY = { type: "FeatureCollection", features: [] };
const STYLES = [
  ["fill", { "fill-color": "#1d70b8", "fill-opacity": 0.2 }, ["==", ["geometry-type"], "Polygon"]],
  ["line", { "line-color": "#ffffff", "line-width": 6 }, ["!=", ["geometry-type"], "Point"]],
  ["line", { "line-color": "#0b0c0c", "line-width": 3 }, ["!=", ["geometry-type"], "Point"]],
  ["circle", {
    "circle-radius": ["case", ["get", "chosen"], 10, 6],
    "circle-color": ["case", ["get", "chosen"], "#ffdd00", "#ffffff"],
    "circle-stroke-color": "#0b0c0c",
    "circle-stroke-width": 3,
  }, ["==", ["geometry-type"], "Point"]],
];

/** Lets the buttons of a map's section change the shape that is in the field of its form. */
export function startDrawing(map, section) {
  const drawing = new Drawing(map, section);
  addControls(map, section, () => drawing.add());
  for (const button of section.querySelectorAll("[data-draw]")) {
    button.addEventListener("click", () => drawing[button.dataset.draw]());
  }
  drawing.field.addEventListener("input", () => drawing.show(""));
  map.on("click", (event) => drawing.press(event));
  if (map.loaded()) drawing.begin();
  else map.once("load", () => drawing.begin());
}

class Drawing {
  constructor(map, section) {
    this.map = map;
    this.section = section;
    this.isArea = section.dataset.shape === "Polygon";
    this.field = document.getElementById(section.dataset.field);
    this.former = [];
    this.chosen = null; // the number of a line
    this.begins = false; // whether the next point begins another part
    const lines = split(this.field.value);
    this.places = new Map(JSON.parse(section.dataset.lines).map((place, number) => [lines[number]?.trim(), place]));
  }

  begin() {
    this.map.addSource("outline", { type: "geojson", data: EMPTY });
    STYLES.forEach(([type, paint, filter], number) => {
      this.map.addLayer({ id: `outline-${number}`, source: "outline", type, paint, filter });
    });
    this.show("");
  }

  /** Adds the place under the crosshair after the chosen point, else as the last one. */
  add() {
    const lines = split(this.field.value);
    // Only the button for it begins another part, not an empty line at the end of what somebody typed.
    while (this.chosen === null && !this.begins && lines.at(-1)?.trim() === "") lines.pop();
    const number = this.chosen === null ? lines.length : this.chosen + 1;
    lines.splice(number, 0, this.middle());
    if (this.chosen !== null) this.chosen = number;
    this.write(lines, "added");
  }

  /** Chooses the point nearest to the crosshair; if it is chosen already, none is. */
  choose() {
    const middle = this.map.project(this.map.getCenter());
    const nearest = this.nearest(middle, Infinity);
    this.chosen = nearest === null || nearest === this.chosen ? null : nearest;
    this.show(this.chosen === null ? "none" : "chosen");
  }

  move() {
    if (this.chosen === null) return this.show("none");
    const lines = split(this.field.value);
    lines[this.chosen] = this.middle();
    return this.write(lines, "moved");
  }

  remove() {
    if (this.chosen === null) return this.show("none");
    const lines = split(this.field.value);
    lines.splice(this.chosen, 1);
    this.chosen = null;
    return this.write(lines, "removed");
  }

  part() {
    this.beginWith("", "part");
  }

  hole() {
    this.beginWith(HOLE, "hole");
  }

  beginWith(line, word) {
    const lines = split(this.field.value);
    const last = lines.at(-1)?.trim();
    if (!last || last === HOLE) return;
    this.chosen = null;
    this.write([...lines, line], word);
    this.begins = true;
  }

  undo() {
    if (!this.former.length) return;
    this.field.value = this.former.pop();
    this.chosen = null;
    this.begins = false;
    this.show("undone");
  }

  /** A press on a point chooses it; elsewhere the map moves there. */
  press(event) {
    const number = this.nearest(event.point, NEAR);
    if (number === null) {
      this.map.easeTo({ center: event.lngLat, duration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 200 });
      return;
    }
    this.chosen = number;
    this.show("chosen");
  }

  nearest(point, within) {
    let [nearest, least] = [null, within];
    for (const { number, place } of this.points()) {
      const { x, y } = this.map.project(place);
      const pixels = Math.hypot(x - point.x, y - point.y);
      if (pixels < least) [nearest, least] = [number, pixels];
    }
    return nearest;
  }

  middle() {
    const { lng, lat } = this.map.getCenter();
    return `${lat.toFixed(DECIMALS)}, ${lng.toFixed(DECIMALS)}`;
  }

  write(lines, word) {
    this.former.push(this.field.value);
    this.begins = false;
    this.field.value = lines.join("\n");
    this.show(word);
  }

  locate(line) {
    const degrees = DEGREES.exec(line);
    return degrees ? [Number(degrees[2]), Number(degrees[1])] : this.places.get(line) ?? null;
  }

  /** Reads the rings of the text, each a list of places and the numbers of their lines. */
  rings() {
    const rings = [[]];
    split(this.field.value).forEach((text, number) => {
      const line = text.trim();
      if (!line || line.toLowerCase() === HOLE) rings.push([]);
      else rings.at(-1).push({ number, place: this.locate(line) });
    });
    return rings.filter((ring) => ring.length);
  }

  points() {
    return this.rings().flat().filter(({ place }) => place);
  }

  show(word) {
    const all = this.rings().flat();
    const points = this.points();
    if (!points.some(({ number }) => number === this.chosen)) this.chosen = null;
    const features = [...this.rings().flatMap((ring) => this.outline(ring)), ...points.map((point) => this.vertex(point))];
    this.map.getSource("outline").setData({ type: "FeatureCollection", features });
    for (const button of this.section.querySelectorAll("[data-needs]")) button.disabled = this.chosen === null;
    this.section.querySelector("[data-draw=undo]").disabled = !this.former.length;
    this.section.dataset.points = points.length;
    this.section.querySelector("[data-status]").textContent = this.say(word, points, all.length - points.length);
  }

  say(word, points, unseen) {
    const place = points.findIndex(({ number }) => number === this.chosen) + 1;
    const words = [this.section.dataset[`say${word}`] ?? "", place ? `Point ${place} is chosen.` : ""];
    words.push(points.length === 1 ? "The shape has 1 point." : `The shape has ${points.length} points.`);
    if (unseen) words.push(`${unseen} more lines are not on the map, and stay as you typed them.`);
    return words.filter(Boolean).join(" ");
  }

  outline(ring) {
    const places = ring.map(({ place }) => place).filter(Boolean);
    const isClosed = this.isArea && places.length > 2;
    if (places.length < 2) return [];
    const line = feature("LineString", isClosed ? [...places, places[0]] : places);
    return isClosed ? [feature("Polygon", [[...places, places[0]]]), line] : [line];
  }

  vertex({ number, place }) {
    return feature("Point", place, { chosen: number === this.chosen });
  }
}

/** Splits a text into lines; an empty line at its end begins a part and is kept. */
function split(text) {
  return text ? text.split(/\r?\n/) : [];
}

function feature(type, coordinates, properties = { chosen: false }) {
  return { type: "Feature", properties, geometry: { type, coordinates } };
}
