// The colours of values: signed, ink, counts; and maps painted with them.

// From zero to the largest value, as plots/style.py has them: gold below zero, purple above.
const BELOW = [
  [255, 255, 255],
  [201, 162, 39],
  [107, 83, 0],
];
const ABOVE = [
  [255, 255, 255],
  [156, 91, 184],
  [74, 20, 134],
];

// The colour of a signed value, or of ink on white paper.
export function colourOf(value, most, kind = "signed") {
  if (kind === "ink") {
    const grey = Math.round(255 * (1 - Math.min(1, Math.max(0, value / most))));
    return [grey, grey, grey];
  }
  const place = most > 0 ? 2 * Math.min(1, Math.abs(value) / most) : 0;
  const stop = Math.min(1, Math.floor(place));
  const [from, to] = (value < 0 ? BELOW : ABOVE).slice(stop, stop + 2);
  return from.map((start, part) => Math.round(start + (to[part] - start) * (place - stop)));
}

// Paint one channel on a canvas, one canvas pixel per value; CSS makes it large and keeps it sharp.
export function paint(canvas, values, height, width, most, kind = "signed") {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const picture = context.createImageData(width, height);
  for (let place = 0; place < width * height; place++) {
    const [red, green, blue] = colourOf(values[place], most, kind);
    picture.data.set([red, green, blue, 255], 4 * place);
  }
  context.putImageData(picture, 0, 0);
}

export function largest(values) {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}

const CIVIDIS = (
  "00224e00285b002e6a0533711a386f273e6e32436d3b496c434e6c4b546c535a6d5a5f6e61656f686a716f70737676767d7c78" +
  "8482798c8878938e789b9476a39a74aba072b4a76fbcae6cc4b468cdbb63d5c25edec958e7d150f0d846f9e03afee838"
)
  .match(/../g)
  .map((pair) => parseInt(pair, 16));

// matplotlib's cividis, from 33 of its colours; share is 0 to 1.
export function cividis(share) {
  const at = Math.max(0, Math.min(1, share)) * 32;
  const left = Math.min(31, Math.floor(at));
  return [0, 1, 2].map((part) => {
    const [from, to] = [CIVIDIS[3 * left + part], CIVIDIS[3 * left + 3 + part]];
    return Math.round(from + (to - from) * (at - left));
  });
}
