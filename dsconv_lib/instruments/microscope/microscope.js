// The microscope in the page: settings, maps, lens. Whatever changes, everything is drawn from the model.

import { largest, paint } from "../shared/colours.js";
import { announcer, element, keep, mount, oncePerFrame } from "../shared/dom.js";
import { controlsView, copyView, pricesView } from "./controls.js";
import { lensView } from "./lens.js";
import { bitmapOf, columnView, outputView, range, sideFor, tellPixels } from "./maps.js";
import {
  SETTINGS,
  lightWords,
  mapsOf,
  outShape,
  pytorchLines,
  readState,
  shapeOf,
  stagesOf,
  sumOf,
  sumWords,
  touchedBy,
} from "./model.js";

const POINT = ["channel", "row", "column"];
const COLOUR_OF = { layer: "dense", depthwise: "depthwise", pointwise: "pointwise" };

const replaced = (list, place, value) => list.map((old, at) => (at === place ? value : old));

class Microscope {
  maps = [];
  bitmaps = [];
  columns = [];
  built = ""; // what the columns and the lens were made for
  dirty = true; // the maps are older than the settings
  hovered = null; // a place of the output map
  pointed = null; // a weight under the pointer
  focused = null; // a weight whose field has the focus

  constructor(root, model) {
    this.root = root;
    this.model = model;
    this.fixed = model.get("fixed");
    this.redraw = oncePerFrame(() => this.guarded());
    this.alarm = element("p", { class: "dsconv-failure", role: "alert", hidden: true });
    this.body = element("div");
    this.stage = element("div", { class: "dsconv-microscope-stages" });
    this.slot = element("div");
    this.spoken = announcer();
    this.tell = this.answers();
    this.controls = controlsView(this.fixed, (settings) => keep(model, settings));
    this.prices = pricesView();
    this.copy = copyView(() => pytorchLines(this.state));
    this.lay();
  }

  lay() {
    const legend = element(
      "p",
      { class: "dsconv-note" },
      "Ink and paper: white is 0, black is 1. Other maps: purple is above 0, gold below, white is 0. ",
      "A frame marks a tap on the picture, a cross one on the padding, which is hatched and counts as 0.",
    );
    const guide = element(
      "p",
      { class: "dsconv-note" },
      "Point at a pixel of the output map, tap it, or walk with the arrow keys: ",
      "its taps light up, and its sum is below. ",
      "Point at a weight, or enter its field: every pixel that it meets lights up.",
    );
    const { controls, prices, stage, slot, spoken, copy } = this;
    this.body.append(controls.root, prices.root, guide, stage, slot, spoken.root, legend, copy.root);
    this.root.append(this.alarm, this.body);
  }

  // What the views tell: the pixel or the weight that is looked at, and what the reader changes.
  answers() {
    const change = (settings) => keep(this.model, settings);
    const choose = (place) => {
      const { row, column } = this.state;
      this.hovered = null;
      change(this.held({ row, column, ...place }));
    };
    return {
      choose,
      hover: (place) => {
        this.hovered = place && this.held(place);
        this.redraw();
      },
      step: (down, right) => choose({ row: this.state.row + down, column: this.state.column + right }),
      channel: (channel) => change({ channel }),
      light: (what, focus) => {
        this[focus ? "focused" : "pointed"] = what;
        this.redraw();
      },
      kernel: (input, kernel) => change(this.withKernel(input, kernel)),
      mixing: (input, weight) => {
        const { pointwise_weights: rows, channel } = this.state;
        change({ pointwise_weights: replaced(rows, channel, replaced(rows[channel], input, weight)) });
      },
    };
  }

  withKernel(input, kernel) {
    const { kind, channel, dense_kernels: rows, depthwise_kernels: alone } = this.state;
    if (kind === "standard") {
      return { dense_kernels: replaced(rows, channel, replaced(rows[channel], input, kernel)) };
    }
    return { depthwise_kernels: replaced(alone, kind === "depthwise" ? channel : input, kernel) };
  }

  held({ row, column }) {
    const [height, width] = outShape(this.state);
    const within = (at, size) => Math.min(Math.max(at, 0), size - 1);
    return { row: within(row, height), column: within(column, width) };
  }

  rebuild() {
    const { kind, in_channels: inputs } = this.state;
    this.pointed = this.focused = this.hovered = null;
    const nameInput = (channel) => `Input ${channel}, ${this.fixed.inputs[channel]}`;
    this.columns = [columnView("input", inputs, nameInput)];
    if (kind === "separable") {
      this.columns.push(columnView("depthwise", inputs, (channel) => `Depthwise map ${channel}`));
    }
    this.columns.forEach(({ views }) => views.forEach(tellPixels));
    this.output = outputView(this.state, this.tell);
    this.columns.push(this.output);
    const stages = kind === "separable" ? ["input", "depthwise", "pointwise"] : ["input", kind];
    this.columns.forEach(({ root }, at) => (root.dataset.stage = stages[at]));
    this.stage.replaceChildren(...this.columns.map(({ root }) => root));
    this.lens = lensView(this.state, this.tell);
    this.slot.replaceChildren(this.lens.root);
  }

  recompute() {
    this.maps = mapsOf(this.state);
    if (!this.maps.every(({ data }) => data.every(Number.isFinite))) {
      throw new RangeError("a pixel or a weight is not a finite number");
    }
    this.bitmaps = this.maps.map((each, at) =>
      Array.from({ length: each.channels }, (_, channel) =>
        bitmapOf(each, channel, at === 0 && (channel === 0 || channel === 3)),
      ),
    );
  }

  refresh() {
    const state = (this.state = readState(this.model));
    const structure = [state.kind, state.in_channels, state.out_channels, shapeOf(state).kernel_size].join();
    if (structure !== this.built) this.rebuild();
    this.built = structure;
    if (this.dirty) this.recompute();
    if (this.hovered) this.hovered = this.held(this.hovered);
    if (this.dirty) {
      this.controls.show(state);
      this.prices.show(state);
      this.showThumbs();
    }
    this.dirty = false;
    POINT.slice(1).forEach((name, at) =>
      this.output.sliders[at].set(state[name], { max: outShape(state)[at] - 1 }),
    );
    this.output.thumbs.forEach(({ root: thumb }, channel) =>
      thumb.setAttribute("aria-pressed", channel === state.channel),
    );
    this.draw();
    this.copy.show();
  }

  showThumbs() {
    const last = this.maps.at(-1);
    const size = last.height * last.width;
    this.output.thumbs.forEach(({ picture }, channel) => {
      const values = last.data.subarray(channel * size, (channel + 1) * size);
      paint(picture, values, last.height, last.width, largest(values));
    });
  }

  draw() {
    const { state, maps, columns } = this;
    const point = { ...state, ...this.hovered };
    const sum = sumOf(state, maps, point.channel, point.row, point.column);
    this.lens.show(point, sum);
    const lit = this.pointed ?? this.focused;
    const room = this.root.clientWidth ? this.root.clientWidth - 28 : 640;
    const narrow = room < 560;
    this.root.classList.toggle("dsconv-microscope-narrow", narrow);
    const wide = narrow ? room : (room - 24 * (columns.length - 1)) / columns.length;
    const met =
      lit &&
      touchedBy(stagesOf(state)[lit.stage].shape, lit.down, lit.right, maps[lit.stage], maps[lit.stage + 1]);
    columns.forEach((_, at) => this.drawColumn(at, { point, sum, lit, met, wide, narrow }));
    this.spoken.say(lit ? lightWords(state, lit, met) : sumWords(point, sum));
  }

  drawColumn(at, { point, sum, lit, met, wide, narrow }) {
    const { state, columns } = this;
    const { views, size } = columns[at];
    const stages = stagesOf(state);
    const last = at === columns.length - 1;
    const rim = at === 0 ? shapeOf(state).padding : 0;
    const side = sideFor(views.length, wide, narrow ? 430 : 500);
    const { height, width } = this.maps[at];
    size.textContent = `${height} × ${width}${rim ? `, padding ${rim}` : ""}`;
    const kind = COLOUR_OF[stages[Math.min(at, stages.length - 1)].name];
    const colour = this.fixed.colours[kind]; // as on paper: maps are light in dark pages too
    const style = getComputedStyle(this.root);
    const padding = { soft: style.getPropertyValue("--soft"), line: style.getPropertyValue("--line") };
    views.forEach((view, place) => {
      const channel = last ? state.channel : place;
      const bitmap = this.bitmaps[at][channel];
      const taps = last ? [{ ...point, inside: true, strong: true }] : tapsOn(at, channel, sum, point, lit);
      const light = lit?.stage === at && lit.input === channel && !last ? { ...met, colour } : null;
      view.draw(bitmap, rim, side, { taps, colour, lit: light }, padding);
      this.nameMap(view, at, channel, last, bitmap);
    });
  }

  nameMap(view, at, channel, last, bitmap) {
    const names = [`${channel}: ${this.fixed.inputs[channel]}`, `depthwise ${channel}`];
    view.label.textContent = last ? `output ${channel}` : names[at];
    view.plain = range(bitmap);
    view.facts.textContent = view.told || view.plain;
    if (last) {
      view.canvas.setAttribute(
        "aria-label",
        `Output ${channel}, ${bitmap.height} by ${bitmap.width} pixels. The arrow keys walk over it.`,
      );
    }
  }

  guarded() {
    try {
      this.refresh();
      this.alarm.hidden = true;
      this.body.hidden = false;
    } catch (error) {
      this.alarm.textContent = `The microscope cannot show this: ${error.message}.`;
      this.alarm.hidden = false;
      this.body.hidden = true;
      this.dirty = true;
    }
  }

  // Draw, and draw again whenever the model, the width or the theme changes. Returns what ends this.
  live() {
    const { root, model, redraw } = this;
    const events = (names) => names.map((name) => `change:${name}`).join(" ");
    model.on(events(SETTINGS), () => {
      this.dirty = true;
      redraw();
    });
    model.on(events(POINT), redraw);
    this.guarded();
    let width = root.clientWidth;
    const sizes = new ResizeObserver(() => {
      if (root.clientWidth === width) return;
      width = root.clientWidth;
      redraw();
    });
    sizes.observe(root);
    const theme = new MutationObserver(redraw);
    for (const node of [document.documentElement, document.body]) theme.observe(node, { attributes: true });
    return () => {
      sizes.disconnect();
      theme.disconnect();
    };
  }
}

function tapsOn(at, channel, sum, { row, column }, lit) {
  if (at === 1) return [{ row, column, inside: true }];
  const taps = sum.groups.find(({ input }) => input === channel)?.taps ?? [];
  const here = lit?.stage === 0 && lit.input === channel;
  return taps.map((tap) => ({ ...tap, strong: here && tap.down === lit.down && tap.right === lit.right }));
}

export default {
  render: ({ model, el }) =>
    mount(el, "Convolution microscope", (root) => new Microscope(root, model).live()),
};
