// The dilation stack: layers that the reader sets, an output that the reader points at.

import { cividis } from "../shared/colours.js";
import {
  announcer,
  button,
  choice,
  element,
  floats,
  keep,
  mount,
  oncePerFrame,
  slider,
} from "../shared/dom.js";
import { coneView } from "./cone.js";
import { coveredPanel } from "./cover.js";
import { layerEditor } from "./editor.js";
import { gridView, gridWords, mapView } from "./maps.js";
import { ruleInWords } from "./paths.js";
import { countLines, holesOf, plural, stackFigures, stackScene, stackWords } from "./scene.js";

const PRESETS = [
  [1, 1, 1],
  [2, 2, 2],
  [1, 2, 4, 8],
  [2, 4, 8],
  [1, 2, 5],
  [1, 3, 9],
];
const STATE = ["layers", "row", "column", "grid_layer", "pixels"];

const note = (...words) => element("p", { class: "dsconv-note" }, ...words);
const heading = (words) => element("p", { class: "dsconv-dilation-heading" }, words);
const pair = (...children) => element("div", { class: "dsconv-dilation-pair" }, ...children);
const threeTaps = (rates) => rates.map((rate) => [3, rate]);

class DilationStack {
  pixels = null; // as the model has them, to tell when they change
  ink = null;

  constructor(root, model) {
    this.root = root;
    this.model = model;
    this.fixed = model.get("fixed");
    this.failure = element("p", { class: "dsconv-failure", role: "alert", hidden: true });
    this.body = element("div", { class: "dsconv-dilation-body" });
    root.classList.add("dsconv-dilation-stack");
    root.append(this.failure, this.body);
    this.make();
    this.lay();
  }

  set(settings) {
    const changed = Object.entries(settings).filter(
      ([name, value]) => JSON.stringify(this.model.get(name)) !== JSON.stringify(value),
    );
    if (changed.length) keep(this.model, Object.fromEntries(changed));
  }

  setLayers(layers) {
    this.set({ layers, ...(this.model.get("grid_layer") > layers.length ? { grid_layer: 0 } : {}) });
    this.draw();
  }

  make() {
    const { model, fixed } = this;
    const set = (settings) => this.set(settings);
    const where = () => ({ row: model.get("row"), column: model.get("column"), side: fixed.side });
    const setLayers = (layers) => this.setLayers(layers);
    this.presets = PRESETS.map((rates) =>
      button(rates.join(", "), () => setLayers(threeTaps(rates)), {
        "aria-label": `three taps each, rates ${rates.join(", ")}`,
        "aria-pressed": "false",
      }),
    );
    this.editor = layerEditor(fixed, setLayers);
    this.cone = coneView(set, where);
    this.map = mapView(set, where);
    this.grids = gridView();
    this.figures = element("dl", { class: "dsconv-dilation-figures" });
    this.rule = element("ul", { class: "dsconv-dilation-rule" });
    this.verdict = element("p", { class: "dsconv-dilation-verdict" });
    this.panel = coveredPanel(
      heading("The no-holes rule"),
      heading("The no-holes rule, smallest rate first: is each rate at most what the smaller ones see?"),
      this.rule,
      this.verdict,
    );
    const ends = { min: 0, max: fixed.side - 1, value: 0 };
    this.rowSlider = slider("output row", ends, (row) => set({ row }));
    this.columnSlider = slider("output column", ends, (column) => set({ column }));
    this.whose = choice("grids of", [], "0", (value) => set({ grid_layer: Number(value) }));
    this.taps = note();
    this.gridText = note();
    this.most = element("span", {});
    this.live = announcer();
    this.lines = element("ul", { class: "dsconv-dilation-lines" });
  }

  // The three pictures, each in a box with its heading and what its marks mean.
  boxes() {
    const stops = Array.from({ length: 17 }, (_, at) => `rgb(${cividis(at / 16).join()})`);
    const key = element("span", {
      class: "dsconv-dilation-key",
      style: `background:linear-gradient(90deg,${stops})`,
    });
    this.coneBox = element(
      "div",
      {},
      heading("In one row: every path from the output down to the input"),
      this.cone.root,
      this.taps,
      note(
        "A filled circle is a pixel that is read; its number, or else its area, is the number of paths " +
          "to it. Hollow, dashed: a tap on padding. ×: a hole. " +
          "–: read away from the border, lost to padding here.",
      ),
    );
    this.mapBox = element(
      "div",
      {},
      heading("In 2-D: paths to every pixel"),
      this.map.root,
      element("p", { class: "dsconv-note dsconv-dilation-scale" }, "0", key, this.most),
      note("Ring: the output. Dashed: its receptive field. ×: a hole. –: lost to padding."),
    );
    this.gridBox = element(
      "div",
      {},
      heading("The grids that a shared rate makes"),
      this.grids.root,
      this.gridText,
      this.whose.root,
    );
  }

  lay() {
    this.boxes();
    this.body.append(
      element(
        "div",
        { class: "dsconv-dilation-presets", role: "group", "aria-label": "presets" },
        element("span", {}, "preset rates"),
        ...this.presets,
      ),
      pair(this.editor.root, this.figures),
      this.coneBox,
      pair(this.columnSlider.root, this.rowSlider.root),
      pair(this.mapBox, this.gridBox),
      this.live.root, // below: it grows and must not move a picture
      this.panel.root,
      note(
        "A path takes one tap in each layer. It is lost as soon as one of its taps falls on padding. " +
          "Receptive field, holes, least and most are counted away from the border, where nothing is lost. " +
          "Rows and columns count from 0.",
      ),
      element("details", {}, element("summary", {}, "the path counts as numbers"), this.lines),
    );
  }

  read() {
    const [layers, row, column, gridLayer, pixels] = STATE.map((name) => this.model.get(name));
    if (pixels !== this.pixels) {
      this.pixels = pixels;
      this.ink = floats(pixels);
    }
    return stackScene({ layers, row, column, gridLayer, ink: this.ink, fixed: this.fixed });
  }

  show(scene) {
    const { row, column, loss } = scene;
    this.editor.draw(scene);
    this.showFigures(scene);
    this.cone.draw(scene, this.coneBox.clientWidth || 700);
    const drawn = scene.levels.flatMap((level) => level.taps);
    const lost = drawn.filter(([, , inside]) => !inside).length;
    this.taps.textContent = `${lost} of ${drawn.length} taps drawn fall on padding.`;
    this.map.draw(scene, this.mapBox.clientWidth || 340);
    this.most.textContent = plural(Math.max(...scene.rowCounts) * Math.max(...scene.columnCounts), "path");
    this.showGrids(scene);
    drawRule(this.rule, this.verdict, scene);
    this.panel.meet(scene.layers);
    this.rowSlider.set(row);
    this.columnSlider.set(column);
    this.lines.replaceChildren(...countLines(scene).map((words) => element("li", {}, words)));
    this.live.say(stackWords(scene));
    this.root.dataset.lost = loss.lost;
  }

  showFigures(scene) {
    const pairs = JSON.stringify(scene.layers.map(({ kernelSize, dilation }) => [kernelSize, dilation]));
    PRESETS.forEach((rates, at) => {
      const pressed = JSON.stringify(threeTaps(rates)) === pairs;
      this.presets[at].setAttribute("aria-pressed", String(pressed));
    });
    this.figures.replaceChildren(
      ...stackFigures(scene).flatMap(([name, value, ...more]) => [
        element("dt", {}, name),
        element("dd", {}, value, ...more.map((words) => element("small", {}, words))),
      ]),
    );
  }

  showGrids(scene) {
    const { row, column, side } = this.grids.draw(scene, this.gridBox.clientWidth || 340);
    this.gridText.textContent =
      `${gridWords(scene)} Framed pixels are read. Shown: rows ${row} to ${row + side - 1}, ` +
      `columns ${column} to ${column + side - 1}.`;
    const { select } = this.whose;
    const alone = scene.layers.map(({ dilation }, at) => `layer ${at + 1} alone, rate ${dilation}`);
    const options = ["the whole stack", ...alone];
    if ([...select.options].map((option) => option.text).join() !== options.join()) {
      select.replaceChildren(...options.map((words, value) => element("option", { value }, words)));
    }
    this.whose.set(String(scene.gridLayer));
  }

  // A state that cannot be shown is named in place of the pictures; a good one brings them back.
  draw() {
    try {
      const scene = this.read();
      [this.failure.hidden, this.body.hidden] = [true, false];
      this.show(scene);
    } catch (error) {
      this.failure.textContent = `The dilation stack cannot be shown: ${error.message}`;
      [this.failure.hidden, this.body.hidden] = [false, true];
    }
  }

  // Draw, and draw again whenever the model or the width changes. Returns what ends this.
  start() {
    const { root, model } = this;
    const redraw = oncePerFrame(() => this.draw());
    const names = STATE.map((name) => `change:${name}`);
    for (const name of names) model.on(name, redraw);
    const cover = () => this.panel.cover(Boolean(model.get("rule_covered")));
    model.on("change:rule_covered", cover);
    cover();
    let width = 0;
    const watch = new ResizeObserver(() => {
      if (root.clientWidth !== width) redraw();
      width = root.clientWidth;
    });
    this.draw();
    width = root.clientWidth;
    watch.observe(root);
    return () => {
      watch.disconnect();
      model.off("change:rule_covered", cover);
      for (const name of names) model.off(name, redraw);
    };
  }
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
  const reach = scene.counts.length;
  const holds = scene.rule.length
    ? `The rule holds in every line: none of the ${reach} pixels is missed.`
    : "Every layer has one tap: the output reads one pixel.";
  verdict.textContent = failed
    ? `The rule fails in ${plural(failed, "line")}: there are holes, ${holes} of ${reach} pixels in a row.`
    : holds;
}

export default {
  render: ({ model, el }) => mount(el, "Dilation stack", (root) => new DilationStack(root, model).start()),
};
