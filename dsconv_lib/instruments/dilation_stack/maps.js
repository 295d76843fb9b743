// The dilation stack in 2-D: path counts over the digit, and the interleaved grids that rates make.

import { cividis, colourOf } from "../shared/colours.js";
import { element } from "../shared/dom.js";
import { ACROSS, cross, dragged, limitedPlace, steered } from "./cone.js";
import { gridName } from "./paths.js";

// A canvas as sharp as the screen; drawing is in CSS pixels.
function sharpCanvas(canvas, side) {
  const dense = window.devicePixelRatio || 1;
  canvas.width = canvas.height = Math.round(side * dense);
  canvas.style.width = canvas.style.height = `${side}px`;
  const brush = canvas.getContext("2d");
  brush.setTransform(dense, 0, 0, dense, 0, 0);
  return brush;
}

export function mapView(point, where) {
  const canvas = element("canvas", { class: "dsconv-dilation-map", tabindex: 0, role: "application" });
  let cell = 1;
  const pixelAt = (event, corner, along) =>
    limitedPlace(Math.floor((event[along] - corner) / cell), where().side);
  dragged(
    canvas,
    (event) => {
      const corner = canvas.getBoundingClientRect();
      return { row: pixelAt(event, corner.top, "clientY"), column: pixelAt(event, corner.left, "clientX") };
    },
    point,
  );
  steered(canvas, ACROSS, where, point);
  return {
    root: canvas,
    draw(scene, width) {
      cell = Math.max(8, Math.min(14, Math.floor(width / scene.side)));
      canvas.setAttribute(
        "aria-label",
        `paths from the output at row ${scene.row}, column ${scene.column} to every pixel; ` +
          "the arrow keys move it",
      );
      drawMap(sharpCanvas(canvas, cell * scene.side), scene, cell);
    },
  };
}

const PALE = 1.7; // ink is drawn pale, as in the book's figures, so that counts stand out

function drawMap(brush, scene, cell) {
  const { side, ink, rowCounts, columnCounts, rowField, columnField, row, column } = scene;
  const most = Math.max(...rowCounts) * Math.max(...columnCounts);
  const inset = Math.max(1.5, cell * 0.15);
  const marks = new Path2D();
  for (let down = 0; down < side; down++) {
    for (let right = 0; right < side; right++) {
      const [left, top] = [right * cell, down * cell];
      const [grey] = colourOf(ink[down * side + right], PALE, "ink");
      brush.fillStyle = `rgb(${grey},${grey},${grey})`;
      brush.fillRect(left, top, cell, cell);
      const paths = rowCounts[down] * columnCounts[right];
      const ideal = rowField.at(down) * columnField.at(right);
      if (paths > 0) {
        brush.fillStyle = `rgb(${cividis(paths / most).join()})`;
        brush.fillRect(left + inset, top + inset, cell - 2 * inset, cell - 2 * inset);
      } else if (ideal === 0) marks.addPath(new Path2D(cross(left + cell / 2, top + cell / 2, cell * 0.18)));
      else if (ideal > 0) marks.addPath(new Path2D(`M${left + cell * 0.3} ${top + cell / 2}h${cell * 0.4}`));
    }
  }
  brush.strokeStyle = "#000";
  brush.lineWidth = 1.2;
  brush.stroke(marks);
  const corner = (field) => Math.max(0, field.first);
  const end = (field) => Math.min(side, field.first + field.counts.length);
  brush.setLineDash([5, 3]);
  twice(brush, 3.5, 1.5, () =>
    brush.strokeRect(
      corner(columnField) * cell + 1,
      corner(rowField) * cell + 1,
      (end(columnField) - corner(columnField)) * cell - 2,
      (end(rowField) - corner(rowField)) * cell - 2,
    ),
  );
  brush.setLineDash([]);
  twice(brush, 5, 2.2, () => {
    brush.beginPath();
    brush.arc((column + 0.5) * cell, (row + 0.5) * cell, cell * 0.62, 0, 2 * Math.PI);
    brush.stroke();
  });
}

// A dark line on a light one is seen on paper and on ink.
function twice(brush, wide, narrow, stroke) {
  for (const [colour, width] of [
    ["#fff", wide],
    ["#000", narrow],
  ]) {
    brush.strokeStyle = colour;
    brush.lineWidth = width;
    stroke();
  }
}

export function gridView() {
  const canvas = element("canvas", { class: "dsconv-dilation-grids", role: "img" });
  return {
    root: canvas,
    draw(scene, width) {
      const view = gridWindow(scene);
      const cell = Math.floor(Math.min(392, width) / view.side);
      canvas.setAttribute("aria-label", gridWords(scene));
      drawGrids(sharpCanvas(canvas, cell * view.side), scene, view, cell);
      return view;
    },
  };
}

// A square around the output that moves in whole grids, so that the letters keep their places.
export function gridWindow({ grids: { step }, row, column, side: all }) {
  const side = Math.min(all, Math.max(12, 4 * step));
  const first = (place) => Math.max(0, Math.min(all - side, Math.round((place - side / 2) / step) * step));
  return { side, row: first(row), column: first(column) };
}

function drawGrids(brush, scene, view, cell) {
  const {
    grids: { step, own },
    row,
    column,
    reads,
  } = scene;
  const letters = []; // written last: in small cells they reach over the next
  brush.textAlign = "center";
  brush.textBaseline = "middle";
  for (let down = 0; down < view.side; down++) {
    for (let right = 0; right < view.side; right++) {
      const [left, top] = [right * cell, down * cell];
      const name = gridName(view.row + down, view.column + right, step);
      brush.fillStyle = gridColour(view.row + down, view.column + right, step, own);
      brush.fillRect(left, top, cell, cell);
      brush.strokeStyle = "#c9c9c9";
      brush.lineWidth = 1;
      brush.strokeRect(left + 0.5, top + 0.5, cell, cell);
      const read = reads.rows.has(view.row + down) && reads.columns.has(view.column + right);
      if (read) {
        brush.strokeStyle = scene.colours.depthwise;
        brush.lineWidth = Math.max(1.5, Math.min(2.2, cell / 9));
        brush.strokeRect(left + 2, top + 2, cell - 4, cell - 4);
      }
      if (name !== own && cell < 10 * name.length + 5) continue;
      letters.push([read, name, left + cell / 2, top + cell / 2 + 1]);
    }
  }
  brush.fillStyle = "#1c1c1c";
  for (const [read, name, x, y] of letters) {
    brush.font = `${read ? "bold " : ""}${Math.max(14, Math.min(17, cell * 0.55))}px sans-serif`;
    brush.fillText(name, x, y);
  }
  const middle = [(column - view.column + 0.5) * cell, (row - view.row + 0.5) * cell];
  twice(brush, 5, 2.2, () => {
    brush.beginPath();
    brush.arc(...middle, Math.max(13, cell * 0.62), 0, 2 * Math.PI);
    brush.stroke();
  });
}

// Pale, so that letters stay readable; the first four are those of chapter 03. Beyond 25 grids
// colours would no longer tell them apart, and only the grid that is read has one.
export function gridColour(row, column, step, own) {
  if (step > 5) return gridName(row, column, step) === own ? "#bfd9ea" : "#ffffff";
  const place = (row % step) * step + (column % step);
  if (place < 4) return ["#ffffff", "#bfd9ea", "#f2c9a8", "#d9d9d9"][place];
  return `hsl(${Math.round(place * 137.5) % 360} 55% ${place % 2 ? 86 : 78}%)`;
}

export function gridWords({ grids: { step, grids, own, rates }, layers, gridLayer }) {
  const whose = gridLayer ? `Layer ${gridLayer}` : "The stack";
  if (rates.length === 0) return `${whose} has one tap per pixel and moves nothing between pixels.`;
  if (step > 1) {
    const reads = `this output reads 1 of ${grids}, grid ${own}.`;
    return `${whose} works on ${step} × ${step} = ${grids} interleaved grids; ${reads}`;
  }
  if (gridLayer) return `${whose} has rate 1: all pixels are one grid.`;
  return layers.length > 1 && rates.length > 1
    ? `The rates ${rates.join(", ")} share no factor above 1: all pixels are one grid.`
    : "The rate is 1: all pixels are one grid.";
}
