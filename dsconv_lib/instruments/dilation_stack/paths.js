// Paths through a stack of layers at stride 1 with "same" padding. Pure functions; no page is touched.
// layers: [{kernelSize, dilation}, ...], input first. A path takes one tap in each layer.

// [[kernel_size, dilation], ...] as the model has it, or an error that says what is allowed.
export function checkedStack(pairs, { layers: most, kernel_size: mostTaps, dilation: mostRate }) {
  if (!Array.isArray(pairs) || pairs.length < 1 || pairs.length > most) {
    throw new RangeError(`${pairs?.length ?? "no"} layers, but a stack has 1 to ${most}`);
  }
  return pairs.map((pair, place) => {
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw new RangeError(`layer ${place + 1} must be kernel_size and dilation, two numbers`);
    }
    withinLimits(`layer ${place + 1} kernel_size`, pair[0], 1, mostTaps);
    withinLimits(`layer ${place + 1} dilation`, pair[1], 1, mostRate);
    return { kernelSize: pair[0], dilation: pair[1] };
  });
}

export function withinLimits(name, value, least, most) {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`${name}=${value}, but it must be a whole number from ${least} to ${most}`);
  }
}

// Where the first tap falls, counted from the output; an even kernel has one more tap on the right.
export function firstTap({ kernelSize, dilation }) {
  return 0 - Math.floor((dilation * (kernelSize - 1)) / 2);
}

// Paths from one output to the pixels of each map below it, in 1-D; the output's map comes first.
// Each level has counts, and taps: [from, to, inside] into it. What falls on padding ends there.
export function pathLevels(layers, place, side) {
  const top = new Array(side).fill(0);
  top[place] = 1;
  const levels = [{ counts: top, taps: [] }];
  for (let depth = layers.length - 1; depth >= 0; depth--) {
    const { kernelSize, dilation } = layers[depth];
    const first = firstTap(layers[depth]);
    const counts = new Array(side).fill(0);
    const taps = [];
    levels.at(-1).counts.forEach((paths, from) => {
      if (paths === 0) return;
      for (let tap = 0; tap < kernelSize; tap++) {
        const to = from + first + tap * dilation;
        const inside = to >= 0 && to < side;
        if (inside) counts[to] += paths;
        taps.push([from, to, inside]);
      }
    });
    levels.push({ counts, taps });
  }
  return levels;
}

// For each of `side` outputs in a row, the paths that reach the image.
export function keptPaths(layers, side) {
  let kept = new Array(side).fill(1);
  for (const layer of layers) {
    const first = firstTap(layer);
    kept = kept.map((_, place) => {
      let sum = 0;
      for (let tap = 0; tap < layer.kernelSize; tap++) sum += kept[place + first + tap * layer.dilation] ?? 0;
      return sum;
    });
  }
  return kept;
}

// Paths of the output (row, column) that end on padding, of how many, and the mean share of all outputs.
export function paddingLoss(layers, row, column, side) {
  const kept = keptPaths(layers, side);
  const inRow = layers.reduce((paths, { kernelSize }) => paths * kernelSize, 1);
  const mean = kept.reduce((sum, paths) => sum + paths, 0) / side / inRow;
  const total = inRow * inRow;
  const lost = total - kept[row] * kept[column];
  return { total, lost, share: lost / total, mean: 1 - mean * mean };
}

// The exact rule, smallest rate first: no rate may exceed 1 + the sum of (kernel_size - 1) * rate before it.
export function noHolesRule(layers) {
  const wide = layers
    .map((layer, place) => ({ ...layer, layer: place + 1 }))
    .filter(({ kernelSize }) => kernelSize > 1)
    .sort((a, b) => a.dilation - b.dilation || a.layer - b.layer);
  let reach = 0;
  return wide.map((line, place) => {
    const allowed = reach + 1;
    reach += (line.kernelSize - 1) * line.dilation;
    return { ...line, before: wide.slice(0, place), allowed, holds: line.dilation <= allowed };
  });
}

// The right side of one line, written out as chapter 03 writes it: 2 · (1 + 2) + 1 = 7.
export function ruleInWords({ before, allowed }) {
  if (before.length === 0) return "0 + 1 = 1";
  const steps = before.map(({ kernelSize }) => kernelSize - 1);
  const alike = steps.every((step) => step === steps[0]);
  const rates = before.map(({ dilation }) => dilation);
  const sum = alike
    ? `${steps[0]} · ${rates.length > 1 ? `(${rates.join(" + ")})` : rates[0]}`
    : rates.map((rate, place) => `${steps[place]} · ${rate}`).join(" + ");
  return `${sum} + 1 = ${allowed}`;
}

// The interleaved grids of the whole stack (number 0) or of one layer, and which an output reads.
export function gridsOf(layers, number, row, column) {
  const chosen = number ? [layers[number - 1]] : layers;
  const divide = (a, b) => (b ? divide(b, a % b) : a);
  const rates = chosen.filter(({ kernelSize }) => kernelSize > 1).map(({ dilation }) => dilation);
  const step = rates.reduce(divide, 0) || 1;
  const shift = chosen.reduce((sum, layer) => sum + firstTap(layer), 0);
  const residue = (place) => (((place + shift) % step) + step) % step;
  return { step, rates, grids: step * step, own: gridName(residue(row), residue(column), step) };
}

// A, B, C, ... row after row; from 6 on, a letter for the row and a small one for the column.
export function gridName(row, column, step) {
  const [down, right] = [row % step, column % step];
  if (step <= 5) return String.fromCharCode(65 + down * step + right);
  return String.fromCharCode(65 + down) + String.fromCharCode(97 + right);
}

// A share as a percentage that never says none or all where some are left.
export function percent(share) {
  if (share > 0 && share < 0.0005) return "under 0.1%";
  if (share < 1 && share >= 0.9995) return "over 99.9%";
  return share === 0 || share === 1 ? `${100 * share}%` : `${(100 * share).toFixed(1)}%`;
}
