// Strokes become ink, and ink a digit in MNIST's form, step by step as dsconv_lib.photographs does it.
// Pure functions. Places are [column, row] in pixels of the 28 × 28 frame; FINE_INK ink pixels to each.

import { FRAME } from "./network.js";

export const FINE_INK = 10;
export const INK_SIDE = FRAME * FINE_INK;
export const PEN = 2.6;
export const ERASER = 5; // widths, in pixels of the frame
const BOX = 20;
const FINE = 8;
const STROKES = [2, 4.5]; // as in photographs.py

export function emptyInk() {
  return new Float32Array(INK_SIDE * INK_SIDE);
}

// Lay one piece of a stroke: full within its width, soft over one ink pixel at the rim.
export function inkSegment(ink, from, to, erase) {
  const radius = ((erase ? ERASER : PEN) * FINE_INK) / 2;
  const [x0, y0, x1, y1] = [...from, ...to].map((place) => place * FINE_INK);
  const dx = x1 - x0;
  const dy = y1 - y0;
  const length = dx * dx + dy * dy;
  const first = (a, b) => Math.max(0, Math.floor(Math.min(a, b) - radius - 1));
  const last = (a, b) => Math.min(INK_SIDE - 1, Math.ceil(Math.max(a, b) + radius + 1));
  for (let row = first(y0, y1); row <= last(y0, y1); row++) {
    for (let column = first(x0, x1); column <= last(x0, x1); column++) {
      const px = column + 0.5 - x0;
      const py = row + 0.5 - y0;
      const share = length ? Math.max(0, Math.min(1, (px * dx + py * dy) / length)) : 0;
      const cover = Math.min(1, radius + 0.5 - Math.hypot(px - share * dx, py - share * dy));
      if (cover <= 0) continue;
      const at = row * INK_SIDE + column;
      ink[at] = erase ? Math.min(ink[at], 1 - cover) : Math.max(ink[at], cover);
    }
  }
}

// strokes: [{erase, points: [x, y, x, y, ...]}, ...], upon a picture of 28 × 28, if there is one.
export function inkOf(strokes, base = null) {
  const ink = emptyInk();
  if (base) {
    for (let at = 0; at < ink.length; at++) {
      const row = Math.floor(at / INK_SIDE / FINE_INK);
      const column = Math.floor((at % INK_SIDE) / FINE_INK);
      ink[at] = base[row * FRAME + column];
    }
  }
  for (const { erase, points } of strokes) {
    for (let at = 0; at < points.length; at += 2) {
      const before = Math.max(0, at - 2);
      inkSegment(ink, points.slice(before, before + 2), points.slice(at, at + 2), erase);
    }
  }
  return ink;
}

// A grid is {data, height, width}.
function grid(height, width, data = new Float64Array(height * width)) {
  return { data, height, width };
}

// Python's rounding: halves go to the even neighbour.
export function roundEven(value) {
  const down = Math.floor(value);
  const rest = value - down;
  return rest === 0.5 ? down + (down % 2 ? 1 : 0) : Math.round(value);
}

// Where something holds; a loop, since Float64Array.from() takes ten times as long.
function where(data, holds) {
  const set = new Float64Array(data.length);
  for (let at = 0; at < data.length; at++) if (holds(data[at])) set[at] = 1;
  return set;
}

function cut({ data, height, width }, holds) {
  let [top, bottom, left, right] = [height, -1, width, -1];
  for (let at = 0; at < data.length; at++) {
    if (!holds(data[at])) continue;
    const row = Math.floor(at / width);
    const column = at % width;
    top = Math.min(top, row);
    bottom = Math.max(bottom, row);
    left = Math.min(left, column);
    right = Math.max(right, column);
  }
  if (bottom < 0) return null;
  const part = grid(bottom - top + 1, right - left + 1);
  for (let row = top; row <= bottom; row++) {
    part.data.set(data.subarray(row * width + left, row * width + right + 1), (row - top) * part.width);
  }
  return { ...part, top, left };
}

function bicubic(x) {
  const far = Math.abs(x);
  if (far < 1) return (1.5 * far - 2.5) * far * far + 1;
  return far < 2 ? ((-0.5 * far + 2.5) * far - 4) * far + 2 : 0;
}
const box = (x) => (x > -0.5 && x <= 0.5 ? 1 : 0);

// For each output pixel: where it starts to read, and its weights; Pillow's way, wider when shrinking.
function taps(from, to, filter, reach) {
  const scale = from / to;
  const stretch = Math.max(1, scale);
  const support = reach * stretch;
  return Array.from({ length: to }, (_, place) => {
    const centre = (place + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(from, Math.trunc(centre + support + 0.5));
    const weights = Array.from({ length: end - start }, (_, tap) =>
      filter((start + tap - centre + 0.5) / stretch),
    );
    const sum = weights.reduce((a, b) => a + b, 0);
    return { start, weights: weights.map((weight) => weight / sum) };
  });
}

function resize(image, height, width, filter, reach) {
  const across = grid(image.height, width, new Float32Array(image.height * width));
  const columns = taps(image.width, width, filter, reach);
  const rows = taps(image.height, height, filter, reach);
  for (let row = 0; row < image.height; row++) {
    for (let column = 0; column < width; column++) {
      const { start, weights } = columns[column];
      let sum = 0;
      for (let tap = 0; tap < weights.length; tap++)
        sum += weights[tap] * image.data[row * image.width + start + tap];
      across.data[row * width + column] = sum;
    }
  }
  const result = grid(height, width, new Float32Array(height * width));
  for (let row = 0; row < height; row++) {
    const { start, weights } = rows[row];
    for (let column = 0; column < width; column++) {
      let sum = 0;
      for (let tap = 0; tap < weights.length; tap++)
        sum += weights[tap] * across.data[(start + tap) * width + column];
      result.data[row * width + column] = sum;
    }
  }
  return result;
}

function fit(image, longest, filter, reach) {
  const most = Math.max(image.height, image.width);
  const [rows, columns] = [image.height, image.width].map((side) =>
    Math.max(1, roundEven((side * longest) / most)),
  );
  return resize(image, rows, columns, filter, reach);
}

// Exact distance from each pixel that is set to the nearest that is not (Felzenszwalb, Huttenlocher 2012).
export function distances({ data, height, width }) {
  const FAR = 1e12;
  const squares = where(data, (set) => set > 0).map((set) => set * FAR);
  const longest = Math.max(height, width);
  const line = new Float64Array(longest);
  const vertex = new Int32Array(longest);
  const edge = new Float64Array(longest + 1);
  const sweep = (start, step, count) => {
    for (let at = 0; at < count; at++) line[at] = squares[start + at * step];
    let k = 0;
    vertex[0] = 0;
    edge[0] = -Infinity;
    edge[1] = Infinity;
    for (let at = 1; at < count; at++) {
      let meet;
      do {
        const v = vertex[k];
        meet = (line[at] + at * at - line[v] - v * v) / (2 * (at - v));
      } while (meet <= edge[k] && --k >= 0);
      vertex[++k] = at;
      edge[k] = meet;
      edge[k + 1] = Infinity;
    }
    k = 0;
    for (let at = 0; at < count; at++) {
      while (edge[k + 1] < at) k++;
      squares[start + at * step] = (at - vertex[k]) ** 2 + line[vertex[k]];
    }
  };
  for (let column = 0; column < width; column++) sweep(column, width, height);
  for (let row = 0; row < height; row++) sweep(row * width, 1, width);
  return squares.map(Math.sqrt);
}

// Thicken or thin strokes outside MNIST's range, everywhere alike; cut to the digit again.
function evenOut(strokes) {
  const rim = 3 * FINE;
  const wide = grid(strokes.height + 2 * rim, strokes.width + 2 * rim);
  for (let row = 0; row < strokes.height; row++) {
    const line = strokes.data.subarray(row * strokes.width, (row + 1) * strokes.width);
    wide.data.set(line, (row + rim) * wide.width + rim);
  }
  const depth = distances(wide);
  let sum = 0;
  let count = 0;
  let most = 0;
  for (const value of depth)
    if (value > 0) {
      sum += value;
      count++;
      most = Math.max(most, value);
    }
  const width = (4 * sum) / count / FINE;
  const grow = ((Math.min(STROKES[1], Math.max(STROKES[0], width)) - width) * FINE) / 2;
  if (grow > 0) {
    const away = distances({ ...wide, data: where(wide.data, (set) => !set) });
    wide.data = where(away, (value) => value <= grow);
  } else if (grow < 0) {
    const rind = Math.min(-grow, most - 1);
    wide.data = where(depth, (value) => value > rind);
  }
  return cut(wide, (set) => set > 0);
}

export function quantised(ink) {
  return roundEven(ink * 255) / 255;
}

function centreOfMass({ data, width }) {
  let [mass, down, right] = [0, 0, 0];
  data.forEach((ink, at) => {
    mass += ink;
    down += ink * Math.floor(at / width);
    right += ink * (at % width);
  });
  return [down / mass, right / mass];
}

// Ink of any size and place as MNIST's makers would have stored it: 20 × 20, its mass in the middle.
// Returns {picture, scale, moved: [right, down]} in pixels of the frame, or null where there is no ink.
export function mnistForm(ink, side = INK_SIDE) {
  const digit = cut(grid(side, side, ink), (value) => value > 0.45);
  if (!digit) return null;
  const large = fit(digit, BOX * FINE, bicubic, 2);
  large.data = where(large.data, (value) => value > 0.5);
  const strokes = evenOut(large) ?? large;
  const small = fit(strokes, BOX, box, 0.5);
  const mass = centreOfMass(small);
  const corner = [small.height, small.width].map((length, axis) =>
    Math.min(Math.max(roundEven(FRAME / 2 - mass[axis]), 0), FRAME - length),
  );
  const picture = new Float32Array(FRAME * FRAME);
  small.data.forEach((value, at) => {
    const row = corner[0] + Math.floor(at / small.width);
    const column = corner[1] + (at % small.width);
    picture[row * FRAME + column] = quantised(value);
  });
  const was = centreOfMass(digit).map(
    (place, axis) => ((place + [digit.top, digit.left][axis]) * FRAME) / side,
  );
  return {
    picture,
    scale: BOX / ((Math.max(digit.height, digit.width) * FRAME) / side),
    moved: [corner[1] + mass[1] - was[1], corner[0] + mass[0] - was[0]],
  };
}

// The drawing as it stands, without centring: each pixel of the frame is the mean of its ink.
export function plainForm(ink) {
  const picture = new Float32Array(FRAME * FRAME);
  for (let row = 0; row < INK_SIDE; row++) {
    for (let column = 0; column < INK_SIDE; column++) {
      picture[Math.floor(row / FINE_INK) * FRAME + Math.floor(column / FINE_INK)] +=
        ink[row * INK_SIDE + column];
    }
  }
  return picture.map((sum) => quantised(sum / FINE_INK ** 2));
}
