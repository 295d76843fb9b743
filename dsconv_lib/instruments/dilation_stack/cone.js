// The cone of the dilation stack in 1-D, and how a picture is pointed at by mouse, finger and keys.
// A view is made once and returns {root, draw(scene, width)}; `point` is told which output was
// chosen, `where` tells {row, column, side}, the present one: keys may be faster than the screen.

import { colourOf } from "../shared/colours.js";
import { grouped, shape } from "../shared/dom.js";
import { firstTap } from "./paths.js";

export const limitedPlace = (place, side) => Math.max(0, Math.min(side - 1, place));

// Mouse and finger: press and drag. `at` turns an event into a place of the output.
export function dragged(node, at, point) {
  let held = false;
  const move = (event) => {
    if (held) point(at(event));
  };
  const release = () => {
    held = false;
  };
  node.addEventListener("pointerdown", (event) => {
    held = true;
    node.setPointerCapture(event.pointerId);
    move(event);
  });
  node.addEventListener("pointermove", move);
  node.addEventListener("pointerup", release);
  node.addEventListener("pointercancel", release);
}

// Arrow keys, and what else `moves` names; each is a step down and right.
export function steered(node, moves, where, point) {
  node.addEventListener("keydown", (event) => {
    const step = moves[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const { row, column, side } = where();
    point({ row: limitedPlace(row + step[0], side), column: limitedPlace(column + step[1], side) });
  });
}

const ALONG = {
  ArrowLeft: [0, -1],
  ArrowDown: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [0, 1],
  Home: [0, -Infinity],
  End: [0, Infinity],
  PageDown: [0, -5],
  PageUp: [0, 5],
};
export const ACROSS = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  Home: [0, -Infinity],
  End: [0, Infinity],
  PageUp: [-5, 0],
  PageDown: [5, 0],
};

const TOP = 26;
const STRIP = 16;
const BARS = 46;

export function coneView(point, where) {
  const root = shape("svg", {
    class: "dsconv-dilation-cone",
    tabindex: 0,
    role: "slider",
    "aria-label": "column of the output, along its row",
    "aria-valuemin": 0,
    "aria-valuemax": where().side - 1,
  });
  let place = null;
  dragged(
    root,
    (event) => {
      const x = event.clientX - root.getBoundingClientRect().left;
      const { row, side } = where();
      return { row, column: limitedPlace(Math.floor((x - place.left) / place.pitch) + place.from, side) };
    },
    point,
  );
  steered(root, ALONG, where, point);
  return {
    root,
    draw(scene, width) {
      place = conePlaces(scene, width);
      const height = place.y(scene.layers.length) + 16 + STRIP + 10 + BARS + 22;
      for (const [name, value] of Object.entries({
        viewBox: `0 0 ${width} ${height}`,
        width,
        height,
        "aria-valuenow": scene.column,
        "aria-valuetext": `column ${scene.column}`,
      }))
        root.setAttribute(name, value);
      root.replaceChildren(...coneParts(scene, place));
    },
  };
}

function conePlaces({ layers, side }, width) {
  const left = Math.max(...layers.map((layer) => 0 - firstTap(layer)));
  const right = Math.max(...layers.map((layer) => layer.dilation * (layer.kernelSize - 1) + firstTap(layer)));
  const wide = width >= 560;
  const gutter = wide ? 128 : 4;
  const between = wide ? 56 : 48;
  const pitch = (width - gutter - 4) / (left + right + side);
  const x = (pixel) => gutter + (pixel + left + 0.5) * pitch;
  return {
    left: gutter,
    from: 0 - left,
    pitch,
    x,
    y: (level) => TOP + between * level,
    side,
    between,
    wide,
    width,
  };
}

function coneParts(scene, place) {
  const { levels, layers } = scene;
  const { x, y, pitch } = place;
  const most = Math.max(...levels.map(({ counts }) => Math.max(...counts)));
  const size = Math.min(pitch * 0.47, 10);
  const numbered = size >= 7 && String(most).length * 7.4 <= 2 * size - 1;
  const radius = (paths) =>
    numbered ? size : Math.max(1.5, Math.min(size + 2, 7) * Math.sqrt(paths / most));
  const parts = [paddingZone(place, layers.length)];
  const dots = [];
  const solid = [];
  const dashed = [];
  const nodes = [];
  const hollow = [];
  const words = [];
  levels.forEach(({ counts, taps }, level) => {
    for (const [from, to, inside] of taps) {
      (inside ? solid : dashed).push(`M${x(from)} ${y(level - 1)}L${x(to)} ${y(level)}`);
      if (!inside) hollow.push(circle(x(to), y(level), Math.max(2, Math.min(size, 5))));
    }
    counts.forEach((paths, pixel) => {
      if (paths === 0) dots.push(circle(x(pixel), y(level), Math.min(2, size)));
      else nodes.push(circle(x(pixel), y(level), radius(paths)));
      if (paths > 0 && numbered) words.push(nodeNumber(paths, x(pixel), y(level)));
    });
  });
  const path = (kind, pieces) => shape("path", { class: `dsconv-dilation-${kind}`, d: pieces.join("") });
  parts.push(path("tap", solid), path("tap dsconv-dilation-lost", dashed), path("pixel", dots));
  parts.push(path("node", nodes), path("hollow", hollow), ...words);
  return [...parts, ...coneNames(scene, place), ...inputStrip(scene, place)];
}

function circle(x, y, radius) {
  const half = (across) => `a${radius} ${radius} 0 1 0 ${across} 0`;
  return `M${x - radius} ${y}${half(2 * radius)}${half(-2 * radius)}z`;
}

function nodeNumber(paths, x, y) {
  return shape("text", { class: "dsconv-dilation-count", x, y: y + 4.3 }, String(paths));
}

function paddingZone({ x, y, pitch, left, width, between, side }, depth) {
  const edges = [
    [left, x(0) - pitch / 2],
    [x(side - 1) + pitch / 2, width - 4],
  ];
  const top = y(1) - between / 2;
  const bottom = y(depth) + 16 + STRIP;
  const zone = shape("g", { class: "dsconv-dilation-padding" });
  for (const [start, end] of edges) {
    if (end - start < 0.5) continue;
    zone.append(shape("rect", { x: start, y: top, width: end - start, height: bottom - top }));
    if (end - start >= 58) {
      zone.append(
        shape("text", { x: (start + end) / 2, y: bottom + 17, "text-anchor": "middle" }, "padding"),
      );
    }
  }
  return zone;
}

// The names stand in a column at the left, or, where there is no room, where the cone leaves it free.
function coneNames({ layers, column, side }, { x, y, wide, width, between }) {
  const right = !wide && column < side / 2;
  const at = wide ? 0 : right ? width - 4 : 4;
  const anchor = right ? "end" : "start";
  const name = (words, height, kind = "") =>
    shape("text", { class: `dsconv-dilation-name ${kind}`, x: at, y: height, "text-anchor": anchor }, words);
  const names = wide ? [name("output", y(0) + 5, "dsconv-dilation-strong")] : [];
  if (!wide) {
    const beside = x(column) + (right ? 14 : -14);
    const output = shape(
      "text",
      { class: "dsconv-dilation-name dsconv-dilation-strong", x: beside, y: y(0) - 8 },
      "output",
    );
    output.setAttribute("text-anchor", right ? "start" : "end");
    names.push(output);
  }
  layers.forEach(({ kernelSize, dilation }, place) => {
    const middle = y(layers.length - place) - between / 2;
    const taps = `${kernelSize} ${kernelSize === 1 ? "tap" : "taps"}, rate ${dilation}`;
    if (!wide) names.push(name(`${place + 1}: ${taps}`, middle + 5));
    else names.push(name(`layer ${place + 1}`, middle - 3), name(taps, middle + 14));
  });
  if (wide) names.push(name("input", y(layers.length) + 5, "dsconv-dilation-strong"));
  return names;
}

// Under the input: the digit's own row, and a bar for the paths to each pixel; a cross is a hole.
function inputStrip({ levels, layers, ink, row, column, columnField, side }, place) {
  const { x, y, pitch, wide } = place;
  const top = y(layers.length) + 16;
  const base = top + STRIP + 10 + BARS;
  const counts = levels.at(-1).counts;
  const most = Math.max(1, ...counts);
  const parts = [];
  const bars = [];
  const crosses = [];
  const cut = [];
  for (let pixel = 0; pixel < side; pixel++) {
    const [grey] = colourOf(ink[row * side + pixel], 1, "ink");
    const box = {
      x: x(pixel) - pitch / 2,
      y: top,
      width: pitch,
      height: STRIP,
      fill: `rgb(${grey},${grey},${grey})`,
    };
    parts.push(shape("rect", { class: "dsconv-dilation-ink", ...box }));
    const paths = columnField.at(pixel);
    const tall = (BARS * counts[pixel]) / most;
    if (counts[pixel] > 0) bars.push(`M${x(pixel) - 0.38 * pitch} ${base}v${-tall}h${0.76 * pitch}v${tall}z`);
    else if (paths === 0) crosses.push(cross(x(pixel), base - 6, Math.min(3.5, pitch * 0.36)));
    else if (paths > 0) cut.push(`M${x(pixel) - 0.3 * pitch} ${base - 4}h${0.6 * pitch}`);
  }
  const ends = [x(0) - pitch / 2, x(side - 1) + pitch / 2];
  const path = (kind, pieces) => shape("path", { class: `dsconv-dilation-${kind}`, d: pieces.join("") });
  parts.push(path("bar", bars), path("hole", crosses), path("cut", cut));
  parts.push(path("axis", [`M${ends[0]} ${base}H${ends[1]}`]));
  const words = (text, at, height, anchor) =>
    parts.push(
      shape("text", { class: "dsconv-dilation-name", x: at, y: height, "text-anchor": anchor }, text),
    );
  if (wide) {
    words(`row ${row}`, 0, top + STRIP - 3, "start");
    words("paths to", 0, base - 22, "start");
    words(`a pixel, to ${grouped(most)}`, 0, base - 5, "start");
  }
  words(`column ${column}`, x(column), base + 18, "middle");
  for (const end of [0, side - 1]) {
    if (Math.abs(x(end) - x(column)) > 52) words(String(end), x(end), base + 18, "middle");
  }
  return parts;
}

export function cross(x, y, half) {
  return `M${x - half} ${y - half}l${2 * half} ${2 * half}m${-2 * half} 0l${2 * half} ${-2 * half}`;
}
