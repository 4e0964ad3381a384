// Draws the maps of a page when they come into sight. All they show stands on the page in words too.

import { drawImage } from "./map-images.js";
import { addControls } from "./map-keys.js";
import { startDrawing } from "./map-outline.js";

const DECIMALS = 6;

for (const section of document.querySelectorAll("[data-map]")) {
  section.hidden = false;
  new IntersectionObserver((entries, observer) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    openMap(section).catch((error) => {
      console.warn(error);
      closeMap(section);
    });
  }, { rootMargin: "200px" }).observe(section);
}
for (const link of document.querySelectorAll("[data-map-link]")) link.hidden = false;
for (const choice of document.querySelectorAll("[data-map-choice]")) choice.open = false;
for (const place of document.querySelectorAll("[data-map-locate]")) offerLocation(place);

/** Draws the map of a section. Rejects if the browser cannot. */
async function openMap(section) {
  const data = section.dataset;
  const [library, answer] = await Promise.all([import(data.library), fetch(data.style)]);
  if (!answer.ok) throw new Error(`the style of the map: ${answer.status}`);
  library.setWorkerUrl(new URL(data.worker, location.href).href);
  const map = makeMap(library, section, withOrigin(await answer.json()));
  map.setMissingStyleImageResolver((id) => addImage(map, id));
  nameCanvas(map, section);
  map.on("movestart", () => (data.state = "moving"));
  map.on("idle", () => (data.state = "idle"));
  if (data.map === "pin") startPin(map, section);
  else if (data.map === "draw") startDrawing(map, section);
  else startView(map, section);
  section.map = map;
}

function makeMap(library, section, style) {
  const [west, south, east, north] = section.dataset.box.split(",").map(Number);
  const map = new library.Map({
    container: section.querySelector("[data-canvas]"),
    style,
    bounds: [west, south, east, north],
    fitBoundsOptions: { padding: 10 },
    maxZoom: 20,
    keyboard: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    cooperativeGestures: true,
    attributionControl: { compact: false },
    canvasContextAttributes: { preserveDrawingBuffer: true }, // else the map is blank in print
    locale: {
      "Map.Title": section.dataset.title,
      "CooperativeGesturesHandler.WindowsHelpText": section.dataset.scroll,
      "CooperativeGesturesHandler.MacHelpText": section.dataset.scroll,
      "CooperativeGesturesHandler.MobileHelpText": section.dataset.fingers,
    },
  });
  map.touchZoomRotate.disableRotation();
  if (section.dataset.at) {
    const center = section.dataset.at.split(",").map(Number);
    map.jumpTo({ center, zoom: 17 });
    new library.Marker({ color: "#d4351c" }).setLngLat(center).addTo(map).getElement().removeAttribute("tabindex");
  }
  return map;
}

/** Tiles are read by a worker, which takes no address without an origin. */
function withOrigin(style) {
  for (const source of Object.values(style.sources)) {
    source.tiles = source.tiles.map((path) => location.origin + path);
  }
  return style;
}

function addImage(map, id) {
  const image = drawImage(id);
  if (image && !map.hasImage(id)) map.addImage(id, image, { pixelRatio: 2 });
}

/** Tells assistive technology that the map takes keys, and which. */
function nameCanvas(map, section) {
  const canvas = map.getCanvas();
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-describedby", section.querySelector("[data-canvas]").dataset.help);
}

function closeMap(section) {
  const text = document.createElement("p");
  text.className = "govuk-inset-text";
  text.textContent = section.dataset.noMap;
  section.replaceChildren(section.querySelector("h2"), text);
}

function startPin(map, section) {
  const place = () => placePin(map, section);
  addControls(map, section, place);
  section.querySelector("[data-place]").addEventListener("click", place);
}

/** Fills in the field of the form with the place under the crosshair, and says what is there. */
async function placePin(map, section) {
  const { lng, lat } = map.getCenter();
  const point = `${lng.toFixed(DECIMALS)},${lat.toFixed(DECIMALS)}`;
  document.getElementById(section.dataset.field).value = `${lat.toFixed(DECIMALS)}, ${lng.toFixed(DECIMALS)}`;
  await showFragment(section.querySelector("[data-status]"), `${section.dataset.meaning}&point=${point}`, () => {
    return section.dataset.failed;
  });
}

function startView(map, section) {
  addControls(map, section);
  const form = document.querySelector("[data-map-layers]");
  const list = section.dataset.list && document.getElementById(section.dataset.list);
  if (!form || !list) return;
  let waiting;
  const update = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => listShown(map, section, form, list), 400);
  };
  form.querySelector("button").hidden = true;
  form.addEventListener("change", ({ target }) => {
    showLayer(map, target.value, target.checked);
    update();
  });
  map.on("moveend", update);
}

function showLayer(map, name, isShown) {
  for (const layer of map.getStyle().layers) {
    if (layer.id.startsWith(`layer|${name}|`)) map.setLayoutProperty(layer.id, "visibility", isShown ? "visible" : "none");
  }
}

/** Lists what the map shows now, beside it. */
async function listShown(map, section, form, list) {
  const names = [...form.querySelectorAll(":checked")].map((box) => box.value);
  const box = map.getBounds().toArray().flat().map((degrees) => degrees.toFixed(DECIMALS));
  const path = `${section.dataset.features}?box=${box.join(",")}&layers=${names.join(",")}`;
  await showFragment(list, path, () => null);
}

/** Shows the part of a page that is marked as one, or a text if there is none. */
async function showFragment(element, path, explain) {
  let parts = null;
  try {
    const answer = await fetch(path, { headers: { Accept: "text/html" } });
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      parts = page.querySelector("[data-fragment]")?.childNodes;
    }
  } catch (error) {
    console.warn(error);
  }
  const text = explain();
  if (parts) element.replaceChildren(...parts);
  else if (text) element.textContent = text;
}

/** Offers to fill in where the person is; the browser asks them first. */
function offerLocation(element) {
  if (!navigator.geolocation) return;
  const status = element.querySelector("[role=status]");
  element.hidden = false;
  element.querySelector("button").addEventListener("click", () => {
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      const field = document.getElementById(element.dataset.mapLocate);
      field.value = `${coords.latitude.toFixed(DECIMALS)}, ${coords.longitude.toFixed(DECIMALS)}`;
      status.textContent = element.dataset.found;
    }, () => {
      status.textContent = element.dataset.refused;
    }, { enableHighAccuracy: true, timeout: 15000 });
  });
}
