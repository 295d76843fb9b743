// Every map of every layer, from left to right, and what stands behind the one that is chosen.

import { colourOf, largest } from "../shared/colours.js";
import { element, number } from "../shared/dom.js";
import { FRAME } from "./network.js";
import { figureOf, probe, rove, tint } from "./parts.js";

const DEEP = 8; // tiles above one another

function layerWords({ name, output }) {
  return `${name}: ${output.channels} maps of ${output.height} × ${output.width}`;
}

function mapOf(stacked, channel) {
  const area = stacked.height * stacked.width;
  return stacked.data.subarray(channel * area, (channel + 1) * area);
}

// What colours are scaled by: a map's own largest value, or, of maps of one pixel, that of all of them.
function brightest(stacked, channel) {
  return largest(stacked.height * stacked.width > 1 ? mapOf(stacked, channel) : stacked.data);
}

// As many digits as tell small numbers apart.
function precise(value, most) {
  return number(value, most >= 0.1 ? 2 : most >= 0.01 ? 3 : 4);
}

// The flow of maps. choose(layer, channel) is told which tile was pressed.
export class MapsView {
  built = ""; // the layers that the tiles were made for
  tiles = [];
  order = []; // of each tile: its layer and its channel
  last = null; // the tile that was chosen before

  constructor(choose) {
    this.root = element("div", {
      class: "dsconv-pad-scroll dsconv-pad-flow",
      role: "group",
      "aria-label": "All maps, from the picture to the answer",
    });
    this.first = element("canvas", {
      class: "dsconv-pad-start",
      role: "img",
      "aria-label": "what the network gets",
    });
    const moves = {
      ArrowDown: (at) => at + 1,
      ArrowUp: (at) => at - 1,
      ArrowRight: (at) => across(this.order, at, 1),
      ArrowLeft: (at) => across(this.order, at, -1),
      Home: () => 0,
      End: (_, list) => list.length,
    };
    rove(
      this.root,
      () => this.tiles,
      moves,
      (tile) => tile.click(),
    );
    this.root.addEventListener("click", (event) => {
      const tile = event.target.closest?.(".dsconv-pad-tile");
      if (tile) choose(Number(tile.dataset.layer), Number(tile.dataset.channel));
    });
  }

  build(layers) {
    this.order = layers.flatMap(({ output }, layer) =>
      Array.from({ length: output.channels }, (_, channel) => ({ layer, channel })),
    );
    this.tiles = this.order.map(({ layer, channel }) => tileOf(layers[layer], layer, channel));
    const columns = layers.flatMap((layer, place) => {
      const tiles = this.tiles.filter((_, at) => this.order[at].layer === place);
      const steps = layer.after.map((step) => element("li", {}, step));
      return [
        columnOf(layer, tiles),
        element("ul", { class: "dsconv-pad-after", "aria-label": "then" }, ...steps),
      ];
    });
    const shape = `1 × ${FRAME} × ${FRAME}`;
    const head = element("p", { class: "dsconv-pad-head" }, "picture", element("b", {}, "input"), shape);
    this.root.replaceChildren(
      element("div", { class: "dsconv-pad-layer" }, head, this.first),
      ...columns,
      element("p", { class: "dsconv-pad-after" }, "softmax: the ten bars"),
    );
  }

  // Scroll the flow, and never the page, until a newly chosen tile is seen.
  reveal(tile) {
    const { root } = this;
    if (tile === this.last) return;
    this.last = tile;
    const left = tile.offsetLeft - root.offsetLeft;
    const room = root.clientWidth - tile.offsetWidth - 8;
    if (left < root.scrollLeft) root.scrollLeft = left - 8;
    else if (left > root.scrollLeft + room) root.scrollLeft = Math.max(0, left - room / 2);
  }

  draw(layers, picture, chosen, channel) {
    const next = layers.map(layerWords).join();
    if (next !== this.built) {
      this.build(layers);
      this.built = next;
      this.last = null;
    }
    tint(this.first, picture, FRAME, FRAME, 1, true);
    this.order.forEach((at, place) => {
      const tile = this.tiles[place];
      const { output } = layers[at.layer];
      const most = brightest(output, at.channel);
      tint(tile.firstChild, mapOf(output, at.channel), output.height, output.width, most);
      const pressed = at.layer === chosen && at.channel === channel;
      if (pressed !== (tile.tabIndex === 0)) {
        tile.tabIndex = pressed ? 0 : -1;
        tile.setAttribute("aria-pressed", String(pressed));
      }
      if (pressed) this.reveal(tile);
    });
  }
}

// The tile a column of tiles further, in the same layer or the next.
function across(order, place, sign) {
  const { layer, channel } = order[place];
  const count = (number) => order.filter((one) => one.layer === number).length;
  const next = channel + sign * DEEP;
  if (next >= 0 && next < count(layer)) return place + sign * DEEP;
  const near = order.findIndex((one) => one.layer === layer + sign);
  if (near < 0) return place;
  const many = count(layer + sign);
  const start = sign > 0 ? 0 : Math.floor((many - 1) / DEEP) * DEEP;
  return near + Math.min(many - 1, start + (channel % DEEP));
}

function tileOf({ name, kind }, layer, channel) {
  const attributes = {
    type: "button",
    class: `dsconv-pad-tile dsconv-pad-${kind}`,
    tabindex: -1,
    "aria-pressed": "false",
    "data-layer": layer,
    "data-channel": channel,
    "aria-label": `${name}, map ${channel + 1}`,
  };
  return element("button", attributes, element("canvas", { "aria-hidden": "true" }));
}

function columnOf(layer, tiles) {
  const { name, kind } = layer;
  const words = name.split(" ");
  const title = words.length > 1 ? words.slice(0, -1).join(" ") : name;
  const { channels, height, width } = layer.output;
  return element(
    "div",
    { class: "dsconv-pad-layer", role: "group", "aria-label": layerWords(layer) },
    element(
      "p",
      { class: "dsconv-pad-head" },
      title,
      element("b", { class: `dsconv-pad-kind-${kind}` }, kind),
      `${channels} × ${height} × ${width}`,
    ),
    element("div", { class: "dsconv-pad-tiles" }, ...tiles),
  );
}

function cell(value, most, tag, ...before) {
  const [red, green, blue] = colourOf(value, most);
  const dark =
    0.2126 * (red / 255) ** 2.2 + 0.7152 * (green / 255) ** 2.2 + 0.0722 * (blue / 255) ** 2.2 < 0.18;
  return element(
    tag,
    { style: `background:rgb(${red},${green},${blue});color:${dark ? "#fff" : "#000"}` },
    ...before,
    precise(value, most),
  );
}

function kernelTable(weights, size) {
  const most = largest(weights);
  return element(
    "table",
    {
      class: `dsconv-pad-kernel ${size > 3 ? "dsconv-pad-many" : ""}`,
      "aria-label": `kernel, ${size} × ${size} weights`,
    },
    element(
      "tbody",
      {},
      ...Array.from({ length: size }, (_, row) =>
        element(
          "tr",
          {},
          ...Array.from(weights.subarray(row * size, (row + 1) * size), (weight) => cell(weight, most, "td")),
        ),
      ),
    ),
  );
}

function weightList(weights) {
  const most = largest(weights);
  return element(
    "ol",
    { class: "dsconv-pad-weights", "aria-label": `${weights.length} weights, one per depthwise map` },
    ...Array.from(weights, (weight, place) => cell(weight, most, "li", element("span", {}, `${place + 1}`))),
  );
}

// The values of a map: where they end, or the one that it has.
function endsOf(values, { height, width }) {
  if (values.length === 1) {
    const one = precise(values[0], Math.abs(values[0]));
    return `Its one value is ${one}; such single values are coloured by the largest of them all.`;
  }
  const [low, high] = [number(Math.min(...values)), number(Math.max(...values))];
  return `Its ${height} × ${width} values lie between ${low} and ${high}.`;
}

// What makes a map, in a sentence.
function behind({ name, kind, input, output, kernelSize, dilation }, channel, own) {
  const map = `map ${channel + 1}`;
  const ends = endsOf(mapOf(output, channel), output);
  const spread = dilation === 1 ? "taps side by side" : `taps ${dilation} pixels apart`;
  const square = `one ${kernelSize} × ${kernelSize} kernel`;
  const kernel = `${square}, dilation ${dilation} (${spread})`;
  if (kind === "dense") return `Map ${channel + 1} of the stem: ${kernel}, slides over the picture. ${ends}`;
  const start = `Map ${channel + 1} of ${name === "average" ? "the average" : name}:`;
  if (name === "average") {
    const places = "each place has a weight of its own.";
    return `${start} ${square} as large as ${map} of what comes in; ${places} ${ends}`;
  }
  if (kind === "depthwise") {
    return `${start} ${kernel}, slides over ${map} of what comes in, and over no other. ${ends}`;
  }
  const strongest = own.reduce((best, one, at) => (Math.abs(one) > Math.abs(own[best]) ? at : best), 0);
  return (
    `${start} each pixel is a sum of the ${input.channels} depthwise maps at that pixel, ` +
    `times these ${input.channels} weights. Depthwise map ${strongest + 1} counts most, ` +
    `with ${number(own[strongest])}. ${ends}`
  );
}

// The chosen map, enlarged, between what it reads and the weights that make it.
export function detailView() {
  let now = null;
  const told = (which) => (row, column) => {
    const [stacked, channel] = which();
    const value = mapOf(stacked, channel)[row * stacked.width + column];
    return `Row ${row}, column ${column}: ${number(value, 3)}.`;
  };
  const given = told(() => [now.layer.output, now.channel]);
  const read = told(() => [now.layer.input, now.source]);
  const output = probe("the chosen map", 168, given);
  const input = probe("the map it reads", 168, read);
  const weights = element("div", { class: "dsconv-pad-figure dsconv-pad-behind" });
  const reads = figureOf("It reads", input.root);
  const gives = figureOf("The map", output.root);
  const words = element("p", { class: "dsconv-pad-words", "aria-live": "polite" });
  const root = element(
    "div",
    { class: "dsconv-pad-detail" },
    words,
    element("div", { class: "dsconv-pad-row" }, reads, weights, gives),
  );
  let behindNow = null;
  return {
    root,
    draw(layer, channel) {
      const { kind, kernelSize } = layer;
      const size = layer.weights.length / layer.output.channels;
      const own = layer.weights.subarray(channel * size, (channel + 1) * size);
      now = { layer, channel, source: kind === "depthwise" ? channel : 0 };
      gives.className = `dsconv-pad-figure dsconv-pad-framed-${kind}`;
      output.draw(
        mapOf(layer.output, channel),
        layer.output.height,
        layer.output.width,
        brightest(layer.output, channel),
      );
      reads.hidden = kind === "pointwise";
      if (kind !== "pointwise") {
        const source = mapOf(layer.input, now.source);
        input.draw(source, layer.input.height, layer.input.width, largest(source));
      }
      words.textContent = behind(layer, channel, own);
      if (behindNow === own.byteOffset) return;
      behindNow = own.byteOffset;
      weights.replaceChildren(
        element("p", { class: "dsconv-pad-title" }, kind === "pointwise" ? "Its weights" : "Its kernel"),
        kind === "pointwise" ? weightList(own) : kernelTable(own, kernelSize),
      );
    },
  };
}
