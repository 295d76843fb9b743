// The dilation stack: layers that the reader sets, an output that the reader points at.

import { pathCounts } from "../shared/convolution.js";
import {
  announcer,
  button,
  choice,
  element,
  floats,
  grouped,
  keep,
  mount,
  oncePerFrame,
  slider,
} from "../shared/dom.js";
import { coneView } from "./cone.js";
import { layerEditor } from "./editor.js";
import { gridView, gridWords, mapView } from "./maps.js";
import {
  DILATION_LIMITS,
  checkedStack,
  cividis,
  firstTap,
  gridsOf,
  noHolesRule,
  paddingLoss,
  pathLevels,
  percent,
  ruleInWords,
  withinLimits,
} from "./paths.js";

const PRESETS = [
  [1, 1, 1],
  [2, 2, 2],
  [1, 2, 4, 8],
  [2, 4, 8],
  [1, 2, 5],
  [1, 3, 9],
];

// What all pictures and sentences of one state are made from.
export function stackScene({ layers: pairs, row, column, gridLayer = 0, ink }) {
  const layers = checkedStack(pairs);
  const side = DILATION_LIMITS.side;
  withinLimits("row", row, 0, side - 1);
  withinLimits("column", column, 0, side - 1);
  if (ink.length !== side * side)
    throw new RangeError(`the image has ${ink.length} pixels, not ${side * side}`);
  const counts = pathCounts(layers);
  const shift = layers.reduce((sum, layer) => sum + firstTap(layer), 0);
  const field = (place) => ({ first: place + shift, counts, at: (pixel) => counts[pixel - place - shift] });
  const chosen = gridLayer >= 1 && gridLayer <= layers.length ? gridLayer : 0;
  const levels = pathLevels(layers, column);
  const columnCounts = levels.at(-1).counts;
  const rowCounts = pathLevels(layers, row).at(-1).counts;
  return {
    layers,
    row,
    column,
    ink,
    counts,
    levels,
    rowCounts,
    columnCounts,
    gridLayer: chosen,
    rowField: field(row),
    columnField: field(column),
    grids: gridsOf(layers, chosen, row, column),
    reads: { rows: readPlaces(layers, chosen, row), columns: readPlaces(layers, chosen, column) },
    loss: paddingLoss(layers, row, column),
    rule: noHolesRule(layers),
  };
}

// The places that the whole stack (number 0) or one layer reads for the output at `place`.
function readPlaces(layers, number, place) {
  const { counts } = pathLevels(number ? [layers[number - 1]] : layers, place).at(-1);
  return new Set(counts.flatMap((paths, pixel) => (paths > 0 ? [pixel] : [])));
}

const holesOf = ({ counts }) => counts.filter((paths) => paths === 0).length;
const leastOf = ({ counts }) => Math.min(...counts);
const mostOf = ({ counts }) => Math.max(...counts);
const plural = (count, one, many = `${one}s`) => `${grouped(count)} ${count === 1 ? one : many}`;

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
  const seen = `${plural(layers.length, "layer")} with ${taps} at ${layers.length > 1 ? "the rates" : "rate"} ${rates}`;
  const sees = layers.length > 1 ? "see" : "sees";
  const paths = `${leastOf(scene)} to ${plural(mostOf(scene), "path")}`;
  const missing = holes ? plural(holes, "hole") : "no holes";
  const whole = scene.gridLayer ? gridsOf(layers, 0, row, column) : grids;
  const own = whole.step > 1 ? ` It reads 1 of ${whole.grids} grids, grid ${whole.own}.` : "";
  return (
    `${seen} ${sees} ${counts.length} pixels in a row, with ${missing} and ${paths} to each. ` +
    `The output at row ${row}, column ${column} loses ${loss.lost ? percent(loss.share) : "none"} of its paths on padding.${own}`
  );
}

// The counts of every map in one row, for readers who would rather read than look.
function countLines({ levels, layers, row }) {
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

// The exact rule with its numbers, smallest rate first, and its verdict.
function drawRule(list, verdict, scene) {
  list.replaceChildren(
    ...scene.rule.map((line) =>
      element(
        "li",
        { class: line.holds ? "" : "dsconv-dilation-broken" },
        `layer ${line.layer}: rate ${line.dilation} ${line.holds ? "≤" : ">"} ${ruleInWords(line)}, `,
        element("strong", {}, line.holds ? "holds" : "fails"),
      ),
    ),
  );
  const holes = holesOf(scene);
  const failed = scene.rule.filter(({ holds }) => !holds).length;
  verdict.textContent = failed
    ? `The rule fails in ${plural(failed, "line")}: there are holes, ${holes} of ${scene.counts.length} pixels in a row.`
    : scene.rule.length
      ? `The rule holds in every line: none of the ${scene.counts.length} pixels is missed.`
      : "Every layer has one tap: the output reads one pixel.";
}

function buildStack(root, model) {
  const failure = element("p", { class: "dsconv-failure", role: "alert", hidden: true });
  const body = element("div", { class: "dsconv-dilation-body" });
  root.classList.add("dsconv-dilation-stack");
  root.append(failure, body);

  const set = (settings) => {
    const changed = Object.entries(settings).filter(
      ([name, value]) => JSON.stringify(model.get(name)) !== JSON.stringify(value),
    );
    if (changed.length) keep(model, Object.fromEntries(changed));
  };
  const setLayers = (layers) => {
    set({ layers, ...(model.get("grid_layer") > layers.length ? { grid_layer: 0 } : {}) });
    draw();
  };
  const where = () => ({ row: model.get("row"), column: model.get("column") });
  const presets = PRESETS.map((rates) =>
    button(rates.join(", "), () => setLayers(rates.map((rate) => [3, rate])), {
      "aria-label": `three taps each, rates ${rates.join(", ")}`,
      "aria-pressed": "false",
    }),
  );
  const editor = layerEditor(setLayers);
  const cone = coneView(set, where);
  const map = mapView(set, where);
  const grids = gridView();
  const figures = element("dl", { class: "dsconv-dilation-figures" });
  const rule = element("ul", { class: "dsconv-dilation-rule" });
  const verdict = element("p", { class: "dsconv-dilation-verdict" });
  const last = DILATION_LIMITS.side - 1;
  const rowSlider = slider("output row", { min: 0, max: last, value: 0 }, (row) => set({ row }));
  const columnSlider = slider("output column", { min: 0, max: last, value: 0 }, (column) => set({ column }));
  const whose = choice("grids of", [], "0", (value) => set({ grid_layer: Number(value) }));
  const taps = element("p", { class: "dsconv-note" });
  const gridText = element("p", { class: "dsconv-note" });
  const most = element("span", {});
  const live = announcer();
  const lines = element("ul", { class: "dsconv-dilation-lines" });
  const stops = Array.from({ length: 17 }, (_, at) => `rgb(${cividis(at / 16).join()})`);
  const key = element("span", {
    class: "dsconv-dilation-key",
    style: `background:linear-gradient(90deg,${stops})`,
  });
  const heading = (words) => element("p", { class: "dsconv-dilation-heading" }, words);
  const coneBox = element(
    "div",
    {},
    heading("In one row: every path from the output down to the input"),
    cone.root,
    taps,
    element(
      "p",
      { class: "dsconv-note" },
      "A filled circle is a pixel that is read; its number, or else its area, is the number of " +
        "paths to it. Hollow, dashed: a tap on padding. ×: a hole. –: read away from the border, lost to padding here.",
    ),
  );
  const mapBox = element(
    "div",
    {},
    heading("In 2-D: paths to every pixel"),
    map.root,
    element("p", { class: "dsconv-note dsconv-dilation-scale" }, "0", key, most),
    element(
      "p",
      { class: "dsconv-note" },
      "Ring: the output. Dashed: its receptive field. ×: a hole. –: lost to padding.",
    ),
  );
  const gridBox = element(
    "div",
    {},
    heading("The grids that a shared rate makes"),
    grids.root,
    gridText,
    whose.root,
  );
  body.append(
    element(
      "div",
      { class: "dsconv-dilation-presets", role: "group", "aria-label": "presets" },
      element("span", {}, "preset rates"),
      ...presets,
    ),
    element("div", { class: "dsconv-dilation-pair" }, editor.root, figures),
    coneBox,
    element("div", { class: "dsconv-dilation-pair" }, columnSlider.root, rowSlider.root),
    element("div", { class: "dsconv-dilation-pair" }, mapBox, gridBox),
    live.root, // below: it grows and must not move a picture
    element(
      "div",
      {},
      heading("The no-holes rule, smallest rate first: is each rate at most what the smaller ones see?"),
      rule,
      verdict,
    ),
    element(
      "p",
      { class: "dsconv-note" },
      "A path takes one tap in each layer. It is lost as soon as one of its taps falls on padding. " +
        "Receptive field, holes, least and most are counted away from the border, where nothing is lost. Rows and columns count from 0.",
    ),
    element("details", {}, element("summary", {}, "the path counts as numbers"), lines),
  );

  let pixels = null;
  let ink = null;
  const read = () => {
    if (model.get("pixels") !== pixels) {
      pixels = model.get("pixels");
      ink = floats(pixels);
    }
    const [layers, row, column, gridLayer] = ["layers", "row", "column", "grid_layer"].map((name) =>
      model.get(name),
    );
    return stackScene({ layers, row, column, gridLayer, ink });
  };
  const show = (scene) => {
    const { layers, row, column, loss } = scene;
    editor.draw(layers);
    PRESETS.forEach((rates, at) =>
      presets[at].setAttribute(
        "aria-pressed",
        String(
          JSON.stringify(rates.map((rate) => [3, rate])) ===
            JSON.stringify(layers.map((l) => [l.kernelSize, l.dilation])),
        ),
      ),
    );
    figures.replaceChildren(
      ...stackFigures(scene).flatMap(([name, value, ...more]) => [
        element("dt", {}, name),
        element("dd", {}, value, ...more.map((words) => element("small", {}, words))),
      ]),
    );
    cone.draw(scene, coneBox.clientWidth || 700);
    const drawn = scene.levels.flatMap((level) => level.taps);
    const lost = drawn.filter(([, , inside]) => !inside).length;
    taps.textContent = `${lost} of ${drawn.length} taps drawn fall on padding.`;
    map.draw(scene, mapBox.clientWidth || 340);
    most.textContent = plural(Math.max(...scene.rowCounts) * Math.max(...scene.columnCounts), "path");
    const view = grids.draw(scene, gridBox.clientWidth || 340);
    gridText.textContent =
      `${gridWords(scene)} Framed pixels are read. Shown: rows ${view.row} to ` +
      `${view.row + view.side - 1}, columns ${view.column} to ${view.column + view.side - 1}.`;
    const options = [
      "the whole stack",
      ...layers.map(({ dilation }, at) => `layer ${at + 1} alone, rate ${dilation}`),
    ];
    if ([...whose.select.options].map((option) => option.text).join() !== options.join()) {
      whose.select.replaceChildren(...options.map((words, value) => element("option", { value }, words)));
    }
    whose.set(String(scene.gridLayer));
    drawRule(rule, verdict, scene);
    rowSlider.set(row);
    columnSlider.set(column);
    lines.replaceChildren(...countLines(scene).map((words) => element("li", {}, words)));
    live.say(stackWords(scene));
    root.dataset.lost = loss.lost;
  };
  // A state that cannot be shown is named in place of the pictures; a good one brings them back.
  const draw = () => {
    try {
      const scene = read();
      [failure.hidden, body.hidden] = [true, false];
      show(scene);
    } catch (error) {
      failure.textContent = `The dilation stack cannot be shown: ${error.message}`;
      [failure.hidden, body.hidden] = [false, true];
    }
  };
  const redraw = oncePerFrame(draw);
  const names = ["layers", "row", "column", "grid_layer", "pixels"].map((name) => `change:${name}`);
  for (const name of names) model.on(name, redraw);
  let width = 0;
  const watch = new ResizeObserver(() => {
    if (root.clientWidth !== width) redraw();
    width = root.clientWidth;
  });
  draw();
  width = root.clientWidth;
  watch.observe(root);
  return () => {
    watch.disconnect();
    for (const name of names) model.off(name, redraw);
  };
}

export default { render: ({ model, el }) => mount(el, "Dilation stack", (root) => buildStack(root, model)) };
