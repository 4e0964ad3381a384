// Pictures of a map's symbols and hatches, drawn from their names: "circle|GB|#b58840", "pattern|rising|#b10e1e".

const SIZE = 56; // pixels of a symbol, for screens of two pixels a point
const HATCH = 24;
const HATCHES = {
  rising: "M0 24 24 0M-6 6 6-6M18 30 30 18",
  falling: "M0 0 24 24M18-6 30 6M-6 18 6 30",
  crossed: "M0 24 24 0M0 0 24 24",
  dots: "M5 6h3M17 18h3",
  level: "M0 6h24M0 18h24",
  upright: "M6 0v24M18 0v24",
};
const SHAPES = {
  circle: "M28 6a22 22 0 1 0 .01 0z",
  square: "M8 8h40v40H8z",
  triangle: "M28 2 54 50H2z",
  diamond: "M28 1 55 28 28 55 1 28z",
  cross: "M17 3h22v14h14v22H39v14H17V39H3V17h14z",
};

/** Draws the picture of a name; null if it is none of ours. */
export function drawImage(name) {
  const [shape, detail, colour] = name.split("|");
  if (shape === "pattern" && HATCHES[detail]) return drawHatch(HATCHES[detail], colour);
  return SHAPES[shape] ? drawSymbol(SHAPES[shape], detail, colour, shape === "triangle" ? 37 : 29) : null;
}

function drawHatch(path, colour) {
  const canvas = makeCanvas(HATCH);
  canvas.strokeStyle = colour;
  canvas.lineWidth = 2;
  canvas.stroke(new Path2D(path));
  return canvas.getImageData(0, 0, HATCH, HATCH);
}

function drawSymbol(path, letters, colour, middle) {
  const canvas = makeCanvas(SIZE);
  const outline = new Path2D(path);
  canvas.lineJoin = "round";
  canvas.strokeStyle = "#ffffff";
  canvas.lineWidth = 4;
  canvas.stroke(outline);
  canvas.fillStyle = colour;
  canvas.fill(outline);
  canvas.strokeStyle = "#0b0c0c";
  canvas.lineWidth = 1.5;
  canvas.stroke(outline);
  canvas.fillStyle = isDark(colour) ? "#ffffff" : "#0b0c0c";
  canvas.font = "bold 20px arial, sans-serif";
  canvas.textAlign = "center";
  canvas.textBaseline = "middle";
  canvas.fillText(letters, SIZE / 2, middle);
  return canvas.getImageData(0, 0, SIZE, SIZE);
}

function makeCanvas(size) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  return canvas.getContext("2d");
}

/** Whether white letters stand out better than black ones (WCAG 2.2, relative luminance). */
function isDark(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.18;
}
