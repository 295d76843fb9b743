// The microscope in the page: settings, maps, lens. Whatever changes, everything is drawn from the model.

import {
  announcer,
  button,
  element,
  grouped,
  keep,
  largest,
  mount,
  oncePerFrame,
  paint,
  slider,
} from "../shared/dom.js";
import { controlsView, copyView, pricesView } from "./controls.js";
import { lensView } from "./lens.js";
import { bitmapOf, mapView, sideFor } from "./maps.js";
import {
  INPUTS,
  brief,
  mapsOf,
  outShape,
  pytorchLines,
  readState,
  shapeOf,
  stagesOf,
  sumOf,
  touchedBy,
} from "./model.js";

const MARKS = { standard: "#d55e00", depthwise: "#0072b2", pointwise: "#009e73", layer: "#d55e00" }; // maps are light in dark pages too
const POINT = ["channel", "row", "column"];
const SETTINGS = [
  "pixels",
  "height",
  "width",
  "kind",
  "in_channels",
  "out_channels",
  "kernel_size",
  "dilation",
  "stride",
  "padding",
  "dense_kernels",
  "depthwise_kernels",
  "pointwise_weights",
];

// The maps of one stage, in a column with its name.
function columnView(title, many, nameOf) {
  const size = element("span"),
    heading = element("p", { class: "dsconv-microscope-stage-name" }, element("b", {}, title), size);
  const views = Array.from({ length: many }, (_, channel) => mapView(nameOf(channel)));
  const root = element(
    "div",
    { class: "dsconv-microscope-stage" },
    heading,
    element("div", { class: "dsconv-microscope-maps" }, ...views.map((view) => view.root)),
  );
  return { root, views, size };
}

const range = ({ low, high }) => `${brief(low)} to ${brief(high)}`;

// A pointed-at pixel tells its value in the caption below the map.
function tellPixels(view) {
  const tell = (event) => {
    const { row, column } = view.placeOf(event),
      { bitmap } = view;
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

// The output map, large: hover looks, a click or an arrow key chooses. Below it the other channels and two sliders.
function outputView(state, tell) {
  const column = columnView("output", 1, () => "The output map");
  const [view] = column.views,
    { canvas } = view;
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
  const thumbs = Array.from({ length: state.out_channels > 1 ? state.out_channels : 0 }, (_, channel) => {
    const picture = element("canvas", { "aria-hidden": "true" });
    const root = button("", () => tell.channel(channel), {
      "aria-label": `output ${channel}`,
      title: `output ${channel}`,
    });
    root.append(picture, String(channel));
    return { root, picture };
  });
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

function build(root, model) {
  const alarm = element("p", { class: "dsconv-failure", role: "alert", hidden: true }),
    body = element("div");
  const stage = element("div", { class: "dsconv-microscope-stages" }),
    slot = element("div");
  const spoken = announcer(),
    change = (settings) => keep(model, settings);
  const controls = controlsView(change),
    prices = pricesView(),
    copy = copyView(() => pytorchLines(state));
  const legend = element(
    "p",
    { class: "dsconv-note" },
    "Ink and paper: white is 0, black is 1. Other maps: orange is above 0, blue below, white is 0. ",
    "A frame marks a tap on the picture, a cross one on the padding, which is hatched and counts as 0.",
  );
  const guide = element(
    "p",
    { class: "dsconv-note" },
    "Point at a pixel of the output map, tap it, or walk with the arrow keys: its taps light up, and its sum is below. ",
    "Point at a weight, or enter its field: every pixel that it meets lights up.",
  );
  body.append(controls.root, prices.root, guide, stage, slot, spoken.root, legend, copy.root);
  root.append(alarm, body);

  let state = null,
    maps = [],
    bitmaps = [],
    columns = [],
    output = null,
    lens = null,
    built = "",
    dirty = true;
  let hovered = null,
    pointed = null,
    focused = null;

  const tell = {
    hover(place) {
      hovered = place && held(place);
      redraw();
    },
    choose(place) {
      hovered = null;
      change(held({ row: state.row, column: state.column, ...place }));
    },
    step(down, right) {
      tell.choose({ row: state.row + down, column: state.column + right });
    },
    channel(channel) {
      change({ channel });
    },
    light(what, focus) {
      if (focus) focused = what;
      else pointed = what;
      redraw();
    },
    kernel(input, kernel) {
      if (state.kind === "standard") {
        return change({
          dense_kernels: state.dense_kernels.map((row, o) =>
            o === state.channel ? row.map((old, i) => (i === input ? kernel : old)) : row,
          ),
        });
      }
      const which = state.kind === "depthwise" ? state.channel : input;
      change({ depthwise_kernels: state.depthwise_kernels.map((old, at) => (at === which ? kernel : old)) });
    },
    mixing(input, weight) {
      change({
        pointwise_weights: state.pointwise_weights.map((row, o) =>
          o === state.channel ? row.map((old, i) => (i === input ? weight : old)) : row,
        ),
      });
    },
  };

  function held({ row, column }) {
    const [height, width] = outShape(state),
      within = (at, size) => Math.min(Math.max(at, 0), size - 1);
    return { row: within(row, height), column: within(column, width) };
  }

  function rebuild() {
    const { kind, in_channels: inputs } = state;
    pointed = focused = hovered = null;
    columns = [columnView("input", inputs, (channel) => `Input ${channel}, ${INPUTS[channel]}`)];
    if (kind === "separable")
      columns.push(columnView("depthwise", inputs, (channel) => `Depthwise map ${channel}`));
    columns.forEach(({ views }) => views.forEach(tellPixels));
    output = outputView(state, tell);
    columns.push(output);
    columns.forEach(({ root: column }, at) => {
      column.dataset.stage =
        kind === "separable" ? ["input", "depthwise", "pointwise"][at] : at ? kind : "input";
    });
    stage.replaceChildren(...columns.map((column) => column.root));
    lens = lensView(state, tell);
    slot.replaceChildren(lens.root);
  }

  function recompute() {
    maps = mapsOf(state);
    bitmaps = maps.map((each, at) =>
      Array.from({ length: each.channels }, (_, channel) =>
        bitmapOf(each, channel, at === 0 && (channel === 0 || channel === 3)),
      ),
    );
  }

  function refresh() {
    state = readState(model);
    const structure = [state.kind, state.in_channels, state.out_channels, shapeOf(state).kernel_size].join();
    if (structure !== built) rebuild();
    built = structure;
    if (dirty) recompute();
    if (hovered) hovered = held(hovered);
    if (dirty) {
      controls.show(state);
      prices.show(state);
      showOutput();
    }
    dirty = false;
    POINT.slice(1).forEach((name, at) =>
      output.sliders[at].set(state[name], { max: outShape(state)[at] - 1 }),
    );
    output.thumbs.forEach(({ root: thumb }, channel) =>
      thumb.setAttribute("aria-pressed", channel === state.channel),
    );
    drawAll();
    copy.show();
  }

  function showOutput() {
    const last = maps.at(-1),
      size = last.height * last.width;
    output.thumbs.forEach(({ picture }, channel) => {
      const values = last.data.subarray(channel * size, (channel + 1) * size);
      paint(picture, values, last.height, last.width, largest(values));
    });
  }

  function drawAll() {
    const point = { ...state, ...hovered },
      sum = sumOf(state, maps, point.channel, point.row, point.column);
    lens.show(point, sum);
    const stages = stagesOf(state),
      lit = pointed ?? focused,
      style = getComputedStyle(root);
    const colours = { soft: style.getPropertyValue("--soft"), line: style.getPropertyValue("--line") };
    const room = root.clientWidth ? root.clientWidth - 28 : 640,
      narrow = room < 560;
    root.classList.toggle("dsconv-microscope-narrow", narrow);
    const wide = narrow ? room : (room - 24 * (columns.length - 1)) / columns.length;
    const touched =
      lit && touchedBy(stages[lit.stage].shape, lit.down, lit.right, maps[lit.stage], maps[lit.stage + 1]);
    columns.forEach(({ views }, at) => {
      const last = at === columns.length - 1,
        rim = at === 0 ? shapeOf(state).padding : 0;
      const side = sideFor(views.length, wide, narrow ? 430 : 500),
        { height, width } = maps[at];
      columns[at].size.textContent = `${height} × ${width}${rim ? `, padding ${rim}` : ""}`;
      views.forEach((view, place) => {
        const channel = last ? state.channel : place,
          bitmap = bitmaps[at][channel];
        const stageHere = stages[Math.min(at, stages.length - 1)],
          colour = MARKS[stageHere.name];
        const taps = last ? [{ ...point, inside: true, strong: true }] : tapsOn(at, channel, sum, point, lit);
        const light = lit?.stage === at && lit.input === channel && !last ? { ...touched, colour } : null;
        view.draw(bitmap, rim, side, { taps, colour, lit: light }, colours);
        nameMap(view, at, channel, last, bitmap);
      });
    });
    spoken.say(lit ? lightWords(lit, touched) : sumWords(point, sum));
  }

  function tapsOn(at, channel, sum, { row, column }, lit) {
    if (at === 1) return [{ row, column, inside: true }];
    const taps = sum.groups.find(({ input }) => input === channel)?.taps ?? [];
    const here = lit?.stage === 0 && lit.input === channel;
    return taps.map((tap) => ({ ...tap, strong: here && tap.down === lit.down && tap.right === lit.right }));
  }

  function nameMap(view, at, channel, last, bitmap) {
    view.label.textContent = last
      ? `output ${channel}`
      : at
        ? `depthwise ${channel}`
        : `${channel}: ${INPUTS[channel]}`;
    view.plain = range(bitmap);
    view.facts.textContent = view.told || view.plain;
    if (last) {
      view.canvas.setAttribute(
        "aria-label",
        `Output ${channel}, ${bitmap.height} by ${bitmap.width} pixels. The arrow keys walk over it.`,
      );
    }
  }

  function sumWords({ channel, row, column }, { total, groups }) {
    const taps = groups.flatMap((group) => group.taps),
      padded = taps.filter((tap) => !tap.inside).length;
    const from = groups.map(({ input, share }) => `${brief(share)} from input ${input}`).join(", ");
    const rim = padded
      ? ` ${padded} of its ${taps.length} taps ${padded > 1 ? "lie" : "lies"} on the padding and count${padded > 1 ? "" : "s"} as 0.`
      : "";
    return (
      `Output ${channel} at row ${row}, column ${column} is ${brief(total)}: ${from}. It reads ${taps.length} ` +
      `tap${taps.length > 1 ? "s" : ""} of the input.${rim}`
    );
  }

  function lightWords({ stage: at, input, down, right }, { inside, all }) {
    const where = at ? `the depthwise map ${input}` : `input ${input}, ${INPUTS[input]}`;
    const rim = all > inside ? ` The other ${all - inside} times it falls on the padding.` : "";
    const which =
      shapeOf(state).kernel_size > 1 && !at ? `The weight at row ${down}, column ${right}` : "This weight";
    return (
      `${which} is used ${grouped(all)} times, once for each output pixel, and meets ` +
      `${grouped(inside)} pixels of ${where}.${rim}`
    );
  }

  function guarded() {
    try {
      refresh();
      alarm.hidden = true;
      body.hidden = false;
    } catch (error) {
      alarm.textContent = `The microscope cannot show this: ${error.message}.`;
      alarm.hidden = false;
      body.hidden = true;
      dirty = true;
    }
  }

  const redraw = oncePerFrame(guarded);
  const changed = () => {
    dirty = true;
    redraw();
  };
  model.on(SETTINGS.map((name) => `change:${name}`).join(" "), changed);
  model.on(POINT.map((name) => `change:${name}`).join(" "), redraw);
  guarded();
  let width = root.clientWidth;
  const sizes = new ResizeObserver(() => {
    if (root.clientWidth !== width) {
      width = root.clientWidth;
      redraw();
    }
  });
  sizes.observe(root);
  const theme = new MutationObserver(redraw);
  for (const node of [document.documentElement, document.body]) theme.observe(node, { attributes: true });
  return () => {
    sizes.disconnect();
    theme.disconnect();
  };
}

export default {
  render: ({ model, el }) => mount(el, "Convolution microscope", (root) => build(root, model)),
};
