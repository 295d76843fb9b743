// DSNet in the page: its steps and weights as dsconv_lib/instruments/drawing_pad/folded.py lays them out.
// Pure functions; no page is touched. A picture is a Float32Array of 28 × 28, ink from 0 to 1.

import { conv2d, conv2dCost, receptiveField, requireWhole, stack } from "../shared/convolution.js";

export const FRAME = 28;
const SIZES = {
  conv: ["in_channels", "out_channels", "kernel_size", "dilation"],
  block: ["in_channels", "out_channels", "kernel_size", "dilation"],
  linear: ["in_channels", "out_channels"],
  norm: ["channels"],
  average: ["channels", "kernel_size"],
  pool: [],
  relu: [],
  mean: [],
};

export function stepWeights(step) {
  const names = SIZES[step?.op];
  if (!names) throw new RangeError(`a net has a step ${step?.op}, which this page does not know`);
  requireWhole(1, Object.fromEntries(names.map((name) => [name, step[name]])));
  const { op, in_channels: i, out_channels: o, kernel_size: k } = step;
  if (op === "conv") return o * i * k * k;
  if (op === "block") return i * k * k + o * i + 2 * o;
  if (op === "linear") return o * i + o;
  if (op === "average") return step.channels * k * k;
  return op === "norm" ? 2 * step.channels : 0;
}

// header: [{name, width, dilations, steps}, ...]; weights: one Float32Array for all of them; mean and std:
// what ink is normalised by.
export function readNets(header, weights, { mean, std }) {
  if (!Array.isArray(header) || !header.length) throw new RangeError("no network was given");
  let start = 0;
  const nets = header.map(({ name, width, dilations, steps }) => {
    const parts = [];
    let channels = 1;
    for (const step of steps) {
      const count = stepWeights(step);
      const wanted = step.in_channels ?? step.channels;
      if (wanted && wanted !== channels) {
        throw new RangeError(`${name}: a ${step.op} takes ${wanted} channels, but ${channels} come in`);
      }
      channels = step.out_channels ?? channels;
      parts.push({ ...step, weights: weights.subarray(start, start + count) });
      start += count;
    }
    return { name, width, dilations, mean, std, steps: parts, ...priceOf(steps) };
  });
  if (weights.length !== start) {
    throw new RangeError(`${weights.length} weights came, but the networks have ${start}`);
  }
  if (!weights.every(Number.isFinite)) throw new RangeError("some weights are not finite numbers");
  return nets;
}

// Weights, multiply-adds for one digit, and how far one last pixel sees.
function priceOf(steps) {
  let side = FRAME;
  let macs = 0;
  const layers = [];
  for (const { op, in_channels: i, out_channels: o, channels, kernel_size: kernelSize, dilation } of steps) {
    const pixels = side * side;
    if (op === "conv") macs += conv2dCost(i, o, kernelSize, pixels).macs;
    if (op === "block") {
      macs += conv2dCost(i, i, kernelSize, pixels, i).macs + conv2dCost(i, o, 1, pixels).macs;
    }
    if (op === "linear") macs += i * o;
    if (op === "average" && kernelSize !== side) {
      throw new RangeError(
        `an average of ${kernelSize} × ${kernelSize} places, but the maps have ${side} × ${side}`,
      );
    }
    if (op === "average") macs += conv2dCost(channels, channels, kernelSize, 1, channels).macs;
    if (op === "conv" || op === "block") layers.push({ kernelSize, dilation });
    if (op === "pool") {
      layers.push({ kernelSize: 2, dilation: 1, stride: 2 });
      side = side >> 1;
    }
  }
  return {
    params: steps.reduce((sum, step) => sum + stepWeights(step), 0),
    macs,
    reach: receptiveField(layers),
  };
}

function maxPool(x) {
  const rows = x.height >> 1;
  const columns = x.width >> 1;
  const y = stack(x.channels, rows, columns);
  for (let channel = 0, to = 0; channel < x.channels; channel++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, to++) {
        const at = (channel * x.height + 2 * row) * x.width + 2 * column;
        y.data[to] = Math.max(x.data[at], x.data[at + 1], x.data[at + x.width], x.data[at + x.width + 1]);
      }
    }
  }
  return y;
}

// factors first, then summands; other: a map stack to add (a shortcut), or null; relu: cut below zero.
function scaleAndAdd(x, norm, other, relu) {
  const area = x.height * x.width;
  const y = stack(x.channels, x.height, x.width);
  for (let channel = 0, at = 0; channel < x.channels; channel++) {
    const factor = norm[channel];
    const summand = norm[x.channels + channel];
    for (let pixel = 0; pixel < area; pixel++, at++) {
      const value = x.data[at] * factor + summand + (other ? other.data[at] : 0);
      y.data[at] = relu && value < 0 ? 0 : value;
    }
  }
  return y;
}

export function softmax(logits) {
  const most = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

// A run of a net: the present maps, every convolution so far, and, at the end, the logits. A layer is
// {name, kind, input, output, weights, kernelSize, dilation, after: [words]}.
class Run {
  layers = [];
  blocks = 0;
  logits = null;

  constructor({ mean, std }, picture) {
    this.x = stack(
      1,
      FRAME,
      FRAME,
      Float32Array.from(picture, (ink) => (ink - mean) / std),
    );
  }

  after(words) {
    this.layers.at(-1)?.after.push(words);
  }

  // shape: {out, kernelSize = 1, dilation = 1, groups = 1, padding}
  convolve(name, kind, weights, shape) {
    const { out, kernelSize = 1, dilation = 1, groups = 1 } = shape;
    const { padding = dilation * (kernelSize >> 1) } = shape;
    const input = this.x;
    this.x = conv2d(input, weights, null, out, kernelSize, { padding, dilation, groups });
    this.layers.push({ name, kind, input, output: this.x, weights, kernelSize, dilation, after: [] });
  }
}

// What each step does to a run.
const STEPS = {
  conv(run, { out_channels: out, kernel_size: kernelSize, dilation, weights }) {
    run.convolve("stem", "dense", weights, { out, kernelSize, dilation });
  },
  block(run, { in_channels: i, out_channels: o, kernel_size: kernelSize, dilation, weights, shortcut }) {
    const name = `block ${++run.blocks}`;
    const first = i * kernelSize * kernelSize;
    const second = first + o * i;
    const before = run.x;
    const filters = weights.subarray(0, first);
    run.convolve(`${name} depthwise`, "depthwise", filters, { out: i, kernelSize, dilation, groups: i });
    run.convolve(`${name} pointwise`, "pointwise", weights.subarray(first, second), { out: o });
    run.x = scaleAndAdd(run.x, weights.subarray(second), shortcut ? before : null, true);
    run.after(shortcut ? "norm, + the block’s input, ReLU" : "norm, ReLU");
  },
  average(run, { channels, kernel_size: kernelSize, weights }) {
    run.convolve("average", "depthwise", weights, {
      out: channels,
      kernelSize,
      groups: channels,
      padding: 0,
    });
  },
  norm(run, { weights }) {
    run.x = scaleAndAdd(run.x, weights, null, false);
    run.after("norm");
  },
  relu(run) {
    run.x = { ...run.x, data: run.x.data.map((value) => Math.max(0, value)) };
    run.after("ReLU");
  },
  pool(run) {
    run.x = maxPool(run.x);
    run.after(`max pool to ${run.x.height}\u00a0×\u00a0${run.x.width}`);
  },
  mean(run) {
    const { data, channels, height, width } = run.x;
    const area = height * width;
    const sumOf = (channel) => data.subarray(channel * area, (channel + 1) * area).reduce((a, b) => a + b, 0);
    const means = Float32Array.from({ length: channels }, (_, channel) => sumOf(channel) / area);
    run.x = stack(channels, 1, 1, means);
    run.after("mean of each map");
  },
  linear(run, { in_channels: i, out_channels: o, weights }) {
    run.logits = conv2d(run.x, weights.subarray(0, o * i), weights.subarray(o * i), o, 1).data;
    run.after(`linear: ${i} numbers to ${o} logits`);
  },
};

// Every convolution's map, with the stack it read, and the ten logits and probabilities.
export function forward(net, picture) {
  const run = new Run(net, picture);
  for (const step of net.steps) STEPS[step.op](run, step);
  const { layers, logits } = run;
  if (!logits?.every(Number.isFinite)) throw new RangeError("the network's answer is not a finite number");
  return { layers, logits, probabilities: softmax(logits) };
}

export function winnerOf(probabilities) {
  return probabilities.indexOf(Math.max(...probabilities));
}

// How the winner's probability falls when a square of paper is laid around each place.
// Works in slices: each next() does one place; at the end `falls` is whole.
export function* occlude(net, picture, side, falls) {
  const { probabilities } = forward(net, picture);
  const winner = winnerOf(probabilities);
  const half = side >> 1;
  for (let place = 0; place < FRAME * FRAME; place++) {
    const row = Math.floor(place / FRAME);
    const column = place % FRAME;
    const blanked = Float32Array.from(picture);
    for (let y = Math.max(0, row - half); y <= Math.min(FRAME - 1, row + half); y++) {
      for (let x = Math.max(0, column - half); x <= Math.min(FRAME - 1, column + half); x++)
        blanked[y * FRAME + x] = 0;
    }
    const changed = blanked.some((ink, at) => ink !== picture[at]);
    falls[place] = changed ? probabilities[winner] - forward(net, blanked).probabilities[winner] : 0;
    yield place;
  }
}
