// The microscope without a page: its state, kernels, maps, sums, costs and PyTorch lines.

import {
  conv2d,
  conv2dCost,
  effectiveKernel,
  outputSize,
  requireWhole,
  stack,
  tapsOf,
} from "../shared/convolution.js";
import { floats, grouped, number } from "../shared/dom.js";

export const SETTINGS = [
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

// What the model holds, and `fixed`: what Python allows, its kernels, the names of the inputs.
export function readState(model) {
  const state = { fixed: model.get("fixed") };
  for (const name of [...SETTINGS, "channel", "row", "column"]) state[name] = model.get(name);
  state.pixels = floats(state.pixels);
  refuseUndrawable(state);
  const [height, width] = outShape(state);
  state.channel = Math.min(state.channel, state.out_channels - 1);
  state.row = Math.min(state.row, height - 1);
  state.column = Math.min(state.column, width - 1);
  return state;
}

// The one guard. Python refuses more; what passes here can be computed, or the arithmetic says why not.
function refuseUndrawable(state) {
  for (const [name, allowed] of Object.entries(state.fixed.choices)) {
    if (!allowed.includes(state[name])) {
      throw new RangeError(`${name}=${state[name]}, but it must be one of ${allowed.join(", ")}`);
    }
  }
  requireWhole(0, { channel: state.channel, row: state.row, column: state.column });
  stack(1, state.height, state.width, state.pixels);
  const fault = faultOf(state);
  if (fault) throw new RangeError(fault);
}

// The k × k numbers of a kernel: by name, or the reader's own, cut or framed by zeros.
export function kernelOf({ kernels, sizes }, kernel, k) {
  if (typeof kernel === "string") {
    const known = kernels.find(({ name }) => name === kernel);
    if (!known) throw new RangeError(`a kernel is ${kernel}, which is no known name`);
    return [...known.numbers[sizes.indexOf(k)]];
  }
  const rim = (k - kernel.length) / 2;
  return Array.from({ length: k * k }, (_, tap) => {
    const row = Math.floor(tap / k);
    return kernel[row - rim]?.[(tap % k) - rim] ?? 0;
  });
}

// A pointwise layer has one tap, so it leaves kernel_size, dilation and padding aside.
export function shapeOf({ kind, kernel_size, stride, padding, dilation }) {
  return kind === "pointwise"
    ? { kernel_size: 1, stride, padding: 0, dilation: 1 }
    : { kernel_size, stride, padding, dilation };
}

// Why these settings make no layer; an empty text if they do.
export function faultOf(state) {
  if (state.kind === "depthwise" && state.out_channels % state.in_channels) {
    return (
      "in a depthwise layer every input channel gets equally many kernels, so out_channels is a " +
      `multiple of in_channels, and ${state.out_channels} is no multiple of ${state.in_channels}`
    );
  }
  const { kernel_size, dilation, padding } = shapeOf(state);
  const spanned = effectiveKernel(kernel_size, dilation);
  const side = Math.min(state.height, state.width) + 2 * padding;
  return spanned <= side
    ? ""
    : `${kernel_size} taps in a row at dilation ${dilation} span ${spanned} pixels, ` +
        `and the picture with padding ${padding} has ${side}`;
}

export function outShape(state) {
  const { kernel_size, stride, padding, dilation } = shapeOf(state);
  return [state.height, state.width].map((size) => outputSize(size, kernel_size, stride, padding, dilation));
}

export function inputMaps({ pixels, height, width, in_channels }) {
  const digit = stack(1, height, width, pixels);
  const sideways = [-1, 0, 1, -2, 0, 2, -1, 0, 1].map((weight) => weight / 8);
  const downwards = sideways.map((_, tap) => sideways[3 * (tap % 3) + Math.floor(tap / 3)]);
  const changes = conv2d(digit, Float32Array.from([...sideways, ...downwards]), null, 2, 3, { padding: 1 });
  const all = stack(4, height, width);
  all.data.set(pixels);
  all.data.set(changes.data, pixels.length);
  all.data.set(
    pixels.map((ink) => 1 - ink),
    3 * pixels.length,
  );
  return stack(in_channels, height, width, all.data.slice(0, in_channels * height * width));
}

// The nn.Conv2d in a row: {name, inputs, outputs, weights: [output][input of its group], shape, groups}.
export function stagesOf(state) {
  const { kind, in_channels: inputs, out_channels: outputs } = state;
  const shape = shapeOf(state);
  const k = shape.kernel_size;
  const one = { kernel_size: 1, stride: 1, padding: 0, dilation: 1 };
  const alone = (many) =>
    state.depthwise_kernels.slice(0, many).map((kernel) => [kernelOf(state.fixed, kernel, k)]);
  const mixing = state.pointwise_weights
    .slice(0, outputs)
    .map((row) => row.slice(0, inputs).map((weight) => [weight]));
  const pairs = state.dense_kernels
    .slice(0, outputs)
    .map((row) => row.slice(0, inputs).map((kernel) => kernelOf(state.fixed, kernel, k)));
  const standard = { name: "layer", inputs, outputs, weights: pairs, shape, groups: 1 };
  const filter = {
    name: "depthwise",
    inputs,
    outputs: kind === "depthwise" ? outputs : inputs,
    shape,
    groups: inputs,
  };
  filter.weights = alone(filter.outputs);
  const mix = {
    name: "pointwise",
    inputs,
    outputs,
    weights: mixing,
    shape: kind === "pointwise" ? shape : one,
    groups: 1,
  };
  return { standard: [standard], depthwise: [filter], pointwise: [mix], separable: [filter, mix] }[kind];
}

// All maps, input first.
export function mapsOf(state) {
  const maps = [inputMaps(state)];
  for (const { weights, outputs, shape, groups } of stagesOf(state)) {
    maps.push(
      conv2d(maps.at(-1), Float32Array.from(weights.flat(2)), null, outputs, shape.kernel_size, {
        ...shape,
        groups,
      }),
    );
  }
  return maps;
}

export function valueAt({ data, height, width }, channel, row, column) {
  return data[(channel * height + row) * width + column];
}

// What an output pixel of one stage reads: for each input channel its taps, their products and the sum.
export function productsOf(stage, input, channel, row, column) {
  const { kernel_size: k, ...options } = stage.shape;
  const first = Math.floor((channel * stage.groups) / stage.outputs) * (stage.inputs / stage.groups);
  return stage.weights[channel].map((weights, offset) => {
    const taps = tapsOf(row, column, input.height, input.width, k, options).map((tap, place) => {
      const value = tap.inside ? valueAt(input, first + offset, tap.row, tap.column) : 0;
      return { ...tap, value, weight: weights[place], product: value * weights[place] };
    });
    return { input: first + offset, taps, sum: taps.reduce((sum, { product }) => sum + product, 0) };
  });
}

// Everything behind one output pixel. Separable: each group's sum is a depthwise value, and mixed it is its
// share.
export function sumOf(state, maps, channel, row, column) {
  const stages = stagesOf(state);
  const total = valueAt(maps.at(-1), channel, row, column);
  if (stages.length === 1) {
    const groups = productsOf(stages[0], maps[0], channel, row, column);
    return { total, groups: groups.map((group) => ({ ...group, share: group.sum })) };
  }
  const groups = productsOf(stages[1], maps[1], channel, row, column).map(
    ({ input, taps: [{ value, weight, product }] }) => {
      const [filtered] = productsOf(stages[0], maps[0], input, row, column);
      return { input, taps: filtered.taps, sum: value, mixing: weight, share: product };
    },
  );
  return { total, groups };
}

// The input pixels that one weight meets while the kernel slides: rows × columns, and how many of them are
// no padding.
export function touchedBy(shape, down, right, input, output) {
  const places = (size, many, tap) =>
    Array.from(
      { length: many },
      (_, place) => place * shape.stride + tap * shape.dilation - shape.padding,
    ).map((at) => ({ at, inside: at >= 0 && at < size }));
  const rows = places(input.height, output.height, down);
  const columns = places(input.width, output.width, right);
  const inside = rows.filter((row) => row.inside).length * columns.filter((column) => column.inside).length;
  return { rows, columns, inside, all: rows.length * columns.length };
}

// The price of the layer, stage by stage, and of the dense layer with the same output size. Without bias.
export function pricesOf(state) {
  const [height, width] = outShape(state);
  const pixels = height * width;
  const stages = stagesOf(state).map(({ name, inputs, outputs, shape, groups }) => ({
    name,
    ...conv2dCost(inputs, outputs, shape.kernel_size, pixels, groups, false),
  }));
  const add = (what) => stages.reduce((sum, stage) => sum + stage[what], 0);
  const dense = conv2dCost(state.in_channels, state.out_channels, state.kernel_size, pixels, 1, false);
  return { stages, params: add("params"), macs: add("macs"), dense };
}

// At most three decimals, no trailing zeros.
export function brief(value) {
  return number(value, 3)
    .replace(/(\.\d*?)0+$/, "$1")
    .replace(/\.$/, "");
}

// A weight as a reader would write it: 0.5, or 1/9 where decimals do not end.
export function weightWords(weight, k) {
  const whole = (value) => Math.abs(value - Math.round(value)) < 1e-9;
  if (whole(weight * 1000)) return brief(weight);
  const below = [k * k, 9, 25, 49].find((many) => whole(weight * many));
  return below ? `${number(weight * below, 0)}/${below}` : brief(weight);
}

// What a reader typed as a number, 1/9 and −2 included; NaN where it is none.
export function readWeight(words, most) {
  const [, above, below] =
    /^\s*([−+-]?(?:\d+\.?\d*|\.\d+))\s*(?:\/\s*(\d+\.?\d*))?\s*$/.exec(words.replace(",", ".")) ?? [];
  const weight = Number((above ?? "x").replace("−", "-")) / Number(below ?? 1);
  return Math.abs(weight) <= most ? weight + 0 : NaN;
}

function pythonNumber(weight, k) {
  if (Number.isInteger(weight)) return String(weight);
  const above = Math.round(weight * k * k);
  return k > 1 && above / (k * k) === weight && String(weight).length > 8
    ? `${above}/${k * k}`
    : String(weight);
}

function pythonStage({ name, inputs, outputs, weights, shape, groups }) {
  const { kernel_size: k, stride, padding, dilation } = shape;
  const kernel = (tap) =>
    `[${Array.from(
      { length: k },
      (_, row) =>
        `[${tap
          .slice(row * k, row * k + k)
          .map((weight) => pythonNumber(weight, k))
          .join(", ")}]`,
    ).join(", ")}]`;
  const rows = weights.map((row) => `    [${row.map(kernel).join(",\n     ")}],`);
  const options =
    k === 1 && stride === 1 && !padding ? "" : `stride=${stride}, padding=${padding}, dilation=${dilation}, `;
  const split = groups > 1 || name === "depthwise" ? `groups=${groups}, ` : "";
  return [
    `${name} = nn.Conv2d(${inputs}, ${outputs}, kernel_size=${k}, ${options}${split}bias=False)`,
    `${name}.weight.data = torch.tensor([`,
    ...rows,
    `], dtype=torch.float32)  # (${outputs}, ${inputs / groups}, ${k}, ${k})`,
  ];
}

// Python that gives the numbers on the page, from x, the picture: (1, 1, height, width).
export function pytorchLines(state) {
  const { height, width, in_channels: inputs, out_channels: outputs, channel, row, column } = state;
  const [tall, wide] = outShape(state);
  const stages = stagesOf(state);
  const lines = [
    "import torch",
    ...(inputs > 1 ? ["import torch.nn.functional as F"] : []),
    "from torch import nn",
    "",
    `# x is the picture, (1, 1, ${height}, ${width}), ink from 0 to 1;`,
    "# where Python holds the microscope: x = microscope.image",
  ];
  if (inputs > 1) {
    lines.push(
      "sideways = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 8",
      "edges = torch.stack([sideways, sideways.T]).unsqueeze(1)  # (2, 1, 3, 3)",
      "maps = torch.cat([x, F.conv2d(x, edges, padding=1), 1 - x], dim=1)",
      `x = maps[:, :${inputs}]  # (1, ${inputs}, ${height}, ${width}): ` +
        state.fixed.inputs.slice(0, inputs).join(", "),
    );
  }
  for (const stage of stages) lines.push("", ...pythonStage(stage));
  if (stages.length > 1) lines.push("", "layer = nn.Sequential(depthwise, pointwise)");
  else if (stages[0].name !== "layer") lines.push("", `layer = ${stages[0].name}`);
  lines.push(
    "",
    "with torch.no_grad():",
    `    y = layer(x)  # (1, ${outputs}, ${tall}, ${wide})`,
    `print(y[0, ${channel}, ${row}, ${column}])`,
  );
  return lines.join("\n") + "\n";
}

// What is heard of an output pixel: its value, where it comes from, how many taps lie on the padding.
export function sumWords({ channel, row, column }, { total, groups }) {
  const taps = groups.flatMap((group) => group.taps);
  const padded = taps.filter((tap) => !tap.inside).length;
  const from = groups.map(({ input, share }) => `${brief(share)} from input ${input}`).join(", ");
  const [lie, count] = padded > 1 ? ["lie", "count"] : ["lies", "counts"];
  const rim = padded ? ` ${padded} of its ${taps.length} taps ${lie} on the padding and ${count} as 0.` : "";
  return (
    `Output ${channel} at row ${row}, column ${column} is ${brief(total)}: ${from}. ` +
    `It reads ${taps.length} tap${taps.length > 1 ? "s" : ""} of the input.${rim}`
  );
}

// What is heard of a weight that is pointed at.
export function lightWords(state, { stage, input, down, right }, { inside, all }) {
  const where = stage ? `the depthwise map ${input}` : `input ${input}, ${state.fixed.inputs[input]}`;
  const rim = all > inside ? ` The other ${all - inside} times it falls on the padding.` : "";
  const alone = shapeOf(state).kernel_size === 1 || stage;
  const which = alone ? "This weight" : `The weight at row ${down}, column ${right}`;
  return (
    `${which} is used ${grouped(all)} times, once for each output pixel, and meets ` +
    `${grouped(inside)} pixels of ${where}.${rim}`
  );
}
