// Convolution, its cost and its reach, as dsconv_lib has them. Pure functions; no page is touched.
// A map stack is {data: Float32Array, channels, height, width}, row after row, channel after channel.

export function requireWhole(least, numbers) {
  for (const [name, value] of Object.entries(numbers)) {
    if (!Number.isInteger(value) || value < least) {
      throw new RangeError(`${name}=${value}, but it must be a whole number of at least ${least}`);
    }
  }
}

export function effectiveKernel(kernelSize, dilation) {
  return dilation * (kernelSize - 1) + 1;
}

export function outputSize(size, kernelSize, stride = 1, padding = 0, dilation = 1) {
  requireWhole(1, { size, kernel_size: kernelSize, stride, dilation });
  requireWhole(0, { padding });
  const spanned = effectiveKernel(kernelSize, dilation);
  if (spanned > size + 2 * padding) {
    throw new RangeError(
      `a kernel of ${kernelSize} at dilation ${dilation} spans ${spanned} pixels, ` +
        `but the padded input has ${size + 2 * padding}`,
    );
  }
  return Math.floor((size + 2 * padding - spanned) / stride) + 1;
}

export function stack(channels, height, width, data = new Float32Array(channels * height * width)) {
  if (data.length !== channels * height * width) {
    throw new RangeError(`${data.length} numbers are not ${channels} × ${height} × ${width}`);
  }
  return { data, channels, height, width };
}

// weight: Float32Array in torch's order (out, in / groups, kernel, kernel); bias: one per output or null.
export function conv2d(input, weight, bias, outChannels, kernelSize, options = {}) {
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  const { data: x, channels, height, width } = input;
  requireWhole(1, { in_channels: channels, out_channels: outChannels, groups });
  if (channels % groups || outChannels % groups) {
    throw new RangeError(`groups=${groups} must divide ${channels} and ${outChannels} channels`);
  }
  const fanIn = channels / groups;
  const fanOut = outChannels / groups;
  const area = kernelSize * kernelSize;
  if (weight.length !== outChannels * fanIn * area) {
    throw new RangeError(
      `${weight.length} weights, but ${outChannels} × ${fanIn} × ${kernelSize} × ${kernelSize} are needed`,
    );
  }
  const rows = outputSize(height, kernelSize, stride, padding, dilation);
  const columns = outputSize(width, kernelSize, stride, padding, dilation);
  const output = stack(outChannels, rows, columns);
  const y = output.data;
  for (let o = 0; o < outChannels; o++) {
    const start = o * rows * columns;
    if (bias) y.fill(bias[o], start, start + rows * columns);
    const firstChannel = Math.floor(o / fanOut) * fanIn;
    for (let i = 0; i < fanIn; i++) {
      const plane = (firstChannel + i) * height * width;
      for (let tap = 0; tap < area; tap++) {
        const w = weight[(o * fanIn + i) * area + tap];
        if (w === 0) continue;
        const down = Math.floor(tap / kernelSize) * dilation - padding;
        const right = (tap % kernelSize) * dilation - padding;
        for (let row = 0; row < rows; row++) {
          const from = row * stride + down;
          if (from < 0 || from >= height) continue;
          const line = plane + from * width;
          const into = start + row * columns;
          for (let column = 0; column < columns; column++) {
            const at = column * stride + right;
            if (at >= 0 && at < width) y[into + column] += w * x[line + at];
          }
        }
      }
    }
  }
  return output;
}

// The input places that one output pixel reads, in the kernel's order; inside is false on the padding.
export function tapsOf(row, column, height, width, kernelSize, options = {}) {
  const { stride = 1, padding = 0, dilation = 1 } = options;
  const taps = [];
  for (let down = 0; down < kernelSize; down++) {
    for (let right = 0; right < kernelSize; right++) {
      const y = row * stride + down * dilation - padding;
      const x = column * stride + right * dilation - padding;
      const inside = y >= 0 && y < height && x >= 0 && x < width;
      taps.push({ row: y, column: x, down, right, inside });
    }
  }
  return taps;
}

// Weights and multiply-adds, as dsconv_lib.cost counts them; outPixels is height times width.
export function conv2dCost(inChannels, outChannels, kernelSize, outPixels, groups = 1, bias = true) {
  requireWhole(1, { in_channels: inChannels, out_channels: outChannels, kernel_size: kernelSize, groups });
  const weights = outChannels * (inChannels / groups) * kernelSize * kernelSize;
  return { params: weights + (bias ? outChannels : 0), macs: weights * outPixels };
}

// layers: [{kernelSize, dilation, stride?}, ...], input first.
export function receptiveField(layers) {
  let reach = 1;
  let step = 1;
  for (const { kernelSize, dilation, stride = 1 } of layers) {
    requireWhole(1, { kernel_size: kernelSize, dilation, stride });
    reach += (effectiveKernel(kernelSize, dilation) - 1) * step;
    step *= stride;
  }
  return reach;
}

// Paths from one output to each input of its receptive field, 1-D, stride 1.
export function pathCounts(layers) {
  let counts = [1];
  for (const { kernelSize, dilation } of layers) {
    requireWhole(1, { kernel_size: kernelSize, dilation });
    const next = new Array(counts.length + (kernelSize - 1) * dilation).fill(0);
    counts.forEach((paths, place) => {
      for (let tap = 0; tap < kernelSize; tap++) next[place + tap * dilation] += paths;
    });
    counts = next;
  }
  return counts;
}
