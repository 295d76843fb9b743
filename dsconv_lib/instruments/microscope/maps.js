// The microscope's pictures: maps with hatched padding, framed taps, lit pixels.

import { largest, paint } from "../shared/colours.js";
import { button, element, slider } from "../shared/dom.js";
import { brief } from "./model.js";

// A map ready to be drawn again and again: one canvas pixel per value, kept outside the page.
export function bitmapOf(maps, channel, ink) {
  const { data, height, width } = maps;
  const size = height * width;
  const values = data.subarray(channel * size, (channel + 1) * size);
  const most = ink ? 1 : largest(values);
  const canvas = document.createElement("canvas");
  paint(canvas, values, height, width, most, ink ? "ink" : "signed");
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return { canvas, height, width, values, low, high };
}

// One map in the page. marks: {taps: [{row, column, inside}], colour, lit: {rows, columns, colour}, chosen}
export function mapView(name, attributes = {}) {
  const canvas = element("canvas", {
    class: "dsconv-microscope-map",
    role: "img",
    "aria-label": name,
    ...attributes,
  });
  const label = element("span", { class: "dsconv-microscope-label" });
  const facts = element("span");
  const caption = element("div", { class: "dsconv-microscope-caption" }, label, facts);
  const root = element("div", { class: "dsconv-microscope-figure" }, canvas, caption);
  const view = { root, canvas, label, facts, rim: 0, cell: 1, bitmap: null };
  view.draw = (bitmap, rim, side, marks, colours) => {
    Object.assign(view, { bitmap, rim, cell: side / (Math.max(bitmap.height, bitmap.width) + 2 * rim) });
    drawMap(view, marks, colours);
  };
  // Where a pointer is, in pixels of the map; padding has negative places or places past the end.
  view.placeOf = (event) => {
    const box = canvas.getBoundingClientRect();
    const row = Math.floor((event.clientY - box.top) / view.cell) - rimOf(view);
    return { row, column: Math.floor((event.clientX - box.left) / view.cell) - rimOf(view) };
  };
  return view;
}

const rimOf = (view) => view.rim;

function drawMap({ canvas, bitmap, rim, cell }, marks, colours) {
  const fine = window.devicePixelRatio || 1;
  const wide = (bitmap.width + 2 * rim) * cell;
  const tall = (bitmap.height + 2 * rim) * cell;
  const columns = Math.round(wide * fine);
  const rows = Math.round(tall * fine);
  if (canvas.width !== columns || canvas.height !== rows) {
    Object.assign(canvas, { width: columns, height: rows });
    canvas.style.width = `${wide}px`;
    canvas.style.height = `${tall}px`;
  }
  const pen = canvas.getContext("2d");
  const edge = (place) => Math.round((place + rim) * cell * fine);
  const box = (row, column, many = 1, across = 1) => [
    edge(column),
    edge(row),
    edge(column + across) - edge(column),
    edge(row + many) - edge(row),
  ];
  pen.clearRect(0, 0, columns, rows);
  if (rim) hatch(pen, columns, rows, fine, colours);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(bitmap.canvas, ...box(0, 0, bitmap.height, bitmap.width));
  if (marks?.lit) light(pen, marks.lit, box, fine);
  if (marks?.taps) frameTaps(pen, marks.taps, marks.colour, box, fine);
}

function hatch(pen, columns, rows, fine, colours) {
  pen.fillStyle = colours.soft;
  pen.fillRect(0, 0, columns, rows);
  pen.strokeStyle = colours.line;
  pen.lineWidth = 0.7 * fine;
  pen.beginPath();
  for (let start = -rows; start < columns; start += 5 * fine) {
    pen.moveTo(start, rows);
    pen.lineTo(start + rows, 0);
  }
  pen.stroke();
}

// Every pixel that a weight meets: a veil of colour over them, and a dashed frame around them all.
function light(pen, { rows, columns, colour }, box, fine) {
  pen.save();
  pen.fillStyle = colour;
  pen.globalAlpha = 0.5;
  for (const row of rows) for (const column of columns) pen.fillRect(...box(row.at, column.at));
  pen.restore();
  const first = [rows[0].at, columns[0].at];
  pen.strokeStyle = colour;
  pen.lineWidth = 2 * fine;
  pen.setLineDash([5 * fine, 3 * fine]);
  pen.strokeRect(...box(...first, rows.at(-1).at - first[0] + 1, columns.at(-1).at - first[1] + 1));
  pen.setLineDash([]);
}

// A frame with a dot for each tap on the picture, a cross for each on the padding. A light rim shows both
// on black ink.
function frameTaps(pen, taps, colour, box, fine) {
  for (const [stroke, extra] of [
    ["#fff", 2 * fine],
    [colour, 0],
  ]) {
    pen.strokeStyle = pen.fillStyle = stroke;
    for (const { row, column, inside, strong } of taps) {
      const [left, top, wide, tall] = box(row, column);
      const grow = strong ? 2 * fine : 0;
      const x = left + wide / 2;
      const y = top + tall / 2;
      const arm = Math.max(wide / 2 - fine, 2.5 * fine) + grow;
      pen.lineWidth = 1.5 * fine + extra;
      pen.beginPath();
      if (inside) {
        const first = [Math.max(left - grow, fine), Math.max(top - grow, fine)];
        const { width, height } = pen.canvas;
        pen.strokeRect(
          ...first,
          Math.min(left + wide + grow, width - fine) - first[0],
          Math.min(top + tall + grow, height - fine) - first[1],
        );
        if (wide < 6 * fine) continue;
        pen.arc(x, y, Math.max(wide / 7, 1.2 * fine) + extra / 2, 0, 7);
        pen.fill();
      } else {
        pen.moveTo(x - arm, y - arm);
        pen.lineTo(x + arm, y + arm);
        pen.moveTo(x - arm, y + arm);
        pen.lineTo(x + arm, y - arm);
        pen.stroke();
      }
    }
  }
}

// The largest side with which so many maps fit into a column of this width and height.
export function sideFor(many, width, height, labels = 46, gap = 12, most = 300) {
  let best = 0;
  for (let columns = 1; columns <= many; columns++) {
    const rows = Math.ceil(many / columns);
    best = Math.max(best, Math.min((width - gap * (columns - 1)) / columns, height / rows - labels));
  }
  return Math.floor(Math.min(best, most));
}

// The maps of one stage, in a column with its name.
export function columnView(title, many, nameOf) {
  const size = element("span");
  const heading = element("p", { class: "dsconv-microscope-stage-name" }, element("b", {}, title), size);
  const views = Array.from({ length: many }, (_, channel) => mapView(nameOf(channel)));
  const root = element(
    "div",
    { class: "dsconv-microscope-stage" },
    heading,
    element("div", { class: "dsconv-microscope-maps" }, ...views.map((view) => view.root)),
  );
  return { root, views, size };
}

export const range = ({ low, high }) => `${brief(low)} to ${brief(high)}`;

// A pointed-at pixel tells its value in the caption below the map.
export function tellPixels(view) {
  const tell = (event) => {
    const { row, column } = view.placeOf(event);
    const { bitmap } = view;
    const inside = row >= 0 && column >= 0 && row < bitmap.height && column < bitmap.width;
    view.told = inside
      ? `row ${row}, column ${column}: ${brief(bitmap.values[row * bitmap.width + column])}`
      : "padding: 0";
    view.facts.textContent = view.told;
  };
  view.canvas.addEventListener("pointermove", tell);
  view.canvas.addEventListener("click", tell);
  view.canvas.addEventListener("pointerleave", () => {
    view.told = "";
    view.facts.textContent = view.plain;
  });
}

// The output map, large: hover looks, a click or an arrow key chooses. Below it the other channels and
// two sliders.
export function outputView(state, tell) {
  const column = columnView("output", 1, () => "The output map");
  const [view] = column.views;
  const { canvas } = view;
  const keys = {
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
    Home: [0, -99],
    End: [0, 99],
  };
  Object.entries({ role: "application", tabindex: 0, "aria-roledescription": "map of pixels" }).forEach(
    ([name, value]) => canvas.setAttribute(name, value),
  );
  canvas.classList.add("dsconv-microscope-output");
  canvas.addEventListener("keydown", (event) => {
    if (!(event.key in keys) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    tell.step(...keys[event.key]);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "touch") tell.hover(view.placeOf(event));
  });
  canvas.addEventListener("pointerleave", () => tell.hover(null));
  canvas.addEventListener("click", (event) => {
    canvas.focus({ preventScroll: true });
    tell.choose(view.placeOf(event));
  });
  const thumbs = thumbsView(state.out_channels > 1 ? state.out_channels : 0, tell);
  const sliders = ["row", "column"].map((name) =>
    slider(name, { min: 0, max: 1, value: 0 }, (value) => tell.choose({ [name]: value })),
  );
  column.root.append(
    element(
      "div",
      { class: "dsconv-microscope-thumbs", role: "group", "aria-label": "output channel" },
      ...thumbs.map(({ root }) => root),
    ),
    ...sliders.map(({ root }) => root),
  );
  return { ...column, view, thumbs, sliders };
}

function thumbsView(many, tell) {
  return Array.from({ length: many }, (_, channel) => {
    const picture = element("canvas", { "aria-hidden": "true" });
    const words = `output ${channel}`;
    const root = button("", () => tell.channel(channel), { "aria-label": words, title: words });
    root.append(picture, String(channel));
    return { root, picture };
  });
}
