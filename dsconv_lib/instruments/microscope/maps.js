// The microscope's pictures: maps with hatched padding, framed taps, lit pixels.

import { element, largest, paint } from "../shared/dom.js";

// A map ready to be drawn again and again: one canvas pixel per value, kept outside the page.
export function bitmapOf(maps, channel, ink) {
  const { data, height, width } = maps,
    size = height * width;
  const values = data.subarray(channel * size, (channel + 1) * size);
  const most = ink ? 1 : largest(values),
    canvas = document.createElement("canvas");
  paint(canvas, values, height, width, most, ink ? "ink" : "signed");
  let low = Infinity,
    high = -Infinity;
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
  const label = element("span", { class: "dsconv-microscope-label" }),
    facts = element("span");
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
  const wide = (bitmap.width + 2 * rim) * cell,
    tall = (bitmap.height + 2 * rim) * cell;
  const columns = Math.round(wide * fine),
    rows = Math.round(tall * fine);
  if (canvas.width !== columns || canvas.height !== rows) {
    Object.assign(canvas, { width: columns, height: rows });
    canvas.style.width = `${wide}px`;
    canvas.style.height = `${tall}px`;
  }
  const pen = canvas.getContext("2d"),
    edge = (place) => Math.round((place + rim) * cell * fine);
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

// A frame with a dot for each tap on the picture, a cross for each on the padding. A light rim shows both on black ink.
function frameTaps(pen, taps, colour, box, fine) {
  for (const [stroke, extra] of [
    ["#fff", 2 * fine],
    [colour, 0],
  ]) {
    pen.strokeStyle = pen.fillStyle = stroke;
    for (const { row, column, inside, strong } of taps) {
      const [left, top, wide, tall] = box(row, column),
        grow = strong ? 2 * fine : 0;
      const x = left + wide / 2,
        y = top + tall / 2,
        arm = Math.max(wide / 2 - fine, 2.5 * fine) + grow;
      pen.lineWidth = 1.5 * fine + extra;
      pen.beginPath();
      if (inside) {
        const first = [Math.max(left - grow, fine), Math.max(top - grow, fine)],
          { width, height } = pen.canvas;
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
