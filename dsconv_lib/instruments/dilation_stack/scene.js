// One state of the dilation stack: everything that its pictures and sentences are made from.

import { pathCounts } from "../shared/convolution.js";
import { grouped } from "../shared/dom.js";
import {
  checkedStack,
  firstTap,
  gridsOf,
  noHolesRule,
  paddingLoss,
  pathLevels,
  percent,
  withinLimits,
} from "./paths.js";

// What all pictures and sentences of one state are made from.
export function stackScene({ layers: pairs, row, column, gridLayer = 0, ink, fixed }) {
  const layers = checkedStack(pairs, fixed);
  const { side, colours } = fixed;
  withinLimits("row", row, 0, side - 1);
  withinLimits("column", column, 0, side - 1);
  if (ink.length !== side * side)
    throw new RangeError(`the image has ${ink.length} pixels, not ${side * side}`);
  const counts = pathCounts(layers);
  const shift = layers.reduce((sum, layer) => sum + firstTap(layer), 0);
  const field = (place) => ({ first: place + shift, counts, at: (pixel) => counts[pixel - place - shift] });
  const chosen = gridLayer >= 1 && gridLayer <= layers.length ? gridLayer : 0;
  const levels = pathLevels(layers, column, side);
  const columnCounts = levels.at(-1).counts;
  const rowCounts = pathLevels(layers, row, side).at(-1).counts;
  const reads = (place) => readPlaces(chosen ? [layers[chosen - 1]] : layers, place, side);
  return {
    layers,
    row,
    column,
    ink,
    side,
    colours,
    counts,
    levels,
    rowCounts,
    columnCounts,
    gridLayer: chosen,
    rowField: field(row),
    columnField: field(column),
    grids: gridsOf(layers, chosen, row, column),
    reads: { rows: reads(row), columns: reads(column) },
    loss: paddingLoss(layers, row, column, side),
    rule: noHolesRule(layers),
  };
}

// The places that layers read for the output at `place`.
function readPlaces(layers, place, side) {
  const { counts } = pathLevels(layers, place, side).at(-1);
  return new Set(counts.flatMap((paths, pixel) => (paths > 0 ? [pixel] : [])));
}

export const holesOf = ({ counts }) => counts.filter((paths) => paths === 0).length;
const leastOf = ({ counts }) => Math.min(...counts);
const mostOf = ({ counts }) => Math.max(...counts);
export const plural = (count, one, many = `${one}s`) => `${grouped(count)} ${count === 1 ? one : many}`;

// [name, value, further lines] for the table of figures.
export function stackFigures(scene) {
  const { layers, counts, loss } = scene;
  const reach = counts.length;
  const holes = holesOf(scene);
  const weights = layers.reduce((sum, { kernelSize }) => sum + kernelSize ** 2, 0);
  const missed = reach ** 2 - (reach - holes) ** 2;
  return [
    ["receptive field", `${reach} × ${reach} pixels`],
    ["weights per channel", grouped(weights), `a dense kernel of this reach: ${grouped(reach ** 2)}`],
    ["holes in a row", `${holes} of ${reach}`, `in the square: ${grouped(missed)} of ${grouped(reach ** 2)}`],
    [
      "paths to a pixel",
      `least ${leastOf(scene)}, most ${grouped(mostOf(scene))}`,
      `in 2-D: least ${leastOf(scene) ** 2}, most ${grouped(mostOf(scene) ** 2)}`,
    ],
    [
      "paths lost on padding",
      `${percent(loss.share)} at this output`,
      `${grouped(loss.lost)} of ${grouped(loss.total)}`,
      `mean of all 784 outputs: ${percent(loss.mean)}`,
    ],
  ];
}

export function stackWords(scene) {
  const { layers, row, column, counts, loss, grids } = scene;
  const holes = holesOf(scene);
  const kernels = layers.map(({ kernelSize }) => kernelSize);
  const alike = kernels.every((k) => k === kernels[0]);
  const taps = alike ? `${plural(kernels[0], "tap")} each` : `${kernels.join(", ")} taps`;
  const rates = layers.map(({ dilation }) => dilation).join(", ");
  const [rated, sees] = layers.length > 1 ? ["the rates", "see"] : ["rate", "sees"];
  const seen = `${plural(layers.length, "layer")} with ${taps} at ${rated} ${rates}`;
  const paths = `${leastOf(scene)} to ${plural(mostOf(scene), "path")}`;
  const missing = holes ? plural(holes, "hole") : "no holes";
  const whole = scene.gridLayer ? gridsOf(layers, 0, row, column) : grids;
  const own = whole.step > 1 ? ` It reads 1 of ${whole.grids} grids, grid ${whole.own}.` : "";
  const lost = loss.lost ? percent(loss.share) : "none";
  return (
    `${seen} ${sees} ${counts.length} pixels in a row, with ${missing} and ${paths} to each. ` +
    `The output at row ${row}, column ${column} loses ${lost} of its paths on padding.${own}`
  );
}

// The counts of every map in one row, for readers who would rather read than look.
export function countLines({ levels, layers, row }) {
  return levels.map(({ counts }, level) => {
    const places = counts.flatMap((paths, pixel) => (paths > 0 ? [pixel] : []));
    const name =
      level === 0 ? "output" : level === layers.length ? "input" : `map after layer ${layers.length - level}`;
    if (places.length === 0) return `${name}, row ${row}: no paths`;
    const [first, last] = [places[0], places.at(-1)];
    const where = first === last ? `column ${first}` : `columns ${first} to ${last}`;
    return `${name}, ${where}: ${counts.slice(first, last + 1).join(" ")}`;
  });
}
