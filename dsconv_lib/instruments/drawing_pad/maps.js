// Every map of every layer, from left to right, and what stands behind the one that is chosen.

import { colourOf, element, largest, number } from "../shared/dom.js";
import { FRAME } from "./network.js";
import { figureOf, probe, rove, tint } from "./parts.js";

const DEEP = 8; // tiles above one another
const KIND_WORDS = { dense: "dense", depthwise: "depthwise", pointwise: "pointwise" };

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

// choose(layer, channel) is told which tile was pressed.
export function mapsView(choose) {
  const root = element("div", {
    class: "dsconv-pad-scroll dsconv-pad-flow",
    role: "group",
    "aria-label": "All maps, from the picture to the answer",
  });
  const first = element("canvas", {
    class: "dsconv-pad-start",
    role: "img",
    "aria-label": "what the network gets",
  });
  let built = "";
  let tiles = [];
  let order = [];
  let last = null;
  const across = (sign) => (place, list) => {
    const { layer, channel } = order[place];
    const columns = order.filter((one) => one.layer === layer).length;
    const next = channel + sign * DEEP;
    if (next >= 0 && next < columns) return place + sign * DEEP;
    const near = list.findIndex((_, at) => order[at].layer === layer + sign);
    if (near < 0) return place;
    const count = order.filter((one) => one.layer === layer + sign).length;
    const start = sign > 0 ? 0 : Math.floor((count - 1) / DEEP) * DEEP;
    return near + Math.min(count - 1, start + (channel % DEEP));
  };
  rove(
    root,
    () => tiles,
    {
      ArrowDown: (at) => at + 1,
      ArrowUp: (at) => at - 1,
      ArrowRight: across(1),
      ArrowLeft: across(-1),
      Home: () => 0,
      End: (_, list) => list.length,
    },
    (tile) => tile.click(),
  );
  root.addEventListener("click", (event) => {
    const tile = event.target.closest?.(".dsconv-pad-tile");
    if (tile) choose(Number(tile.dataset.layer), Number(tile.dataset.channel));
  });
  const build = (layers) => {
    order = layers.flatMap(({ output }, layer) =>
      Array.from({ length: output.channels }, (_, channel) => ({ layer, channel })),
    );
    tiles = order.map(({ layer, channel }) =>
      element(
        "button",
        {
          type: "button",
          class: `dsconv-pad-tile dsconv-pad-${layers[layer].kind}`,
          tabindex: -1,
          "aria-pressed": "false",
          "data-layer": layer,
          "data-channel": channel,
          "aria-label": `${layers[layer].name}, map ${channel + 1}`,
        },
        element("canvas", { "aria-hidden": "true" }),
      ),
    );
    const columns = layers.flatMap((layer, place) => {
      const words = layer.name.split(" ");
      const kind = KIND_WORDS[layer.kind];
      const title = words.length > 1 ? words.slice(0, -1).join(" ") : layer.name;
      const { channels, height, width } = layer.output;
      return [
        element(
          "div",
          { class: "dsconv-pad-layer", role: "group", "aria-label": layerWords(layer) },
          element(
            "p",
            { class: "dsconv-pad-head" },
            title,
            element("b", { class: `dsconv-pad-kind-${layer.kind}` }, kind),
            `${channels} × ${height} × ${width}`,
          ),
          element(
            "div",
            { class: "dsconv-pad-tiles" },
            ...tiles.filter((_, at) => order[at].layer === place),
          ),
        ),
        element(
          "ul",
          { class: "dsconv-pad-after", "aria-label": "then" },
          ...layer.after.map((step) => element("li", {}, step)),
        ),
      ];
    });
    root.replaceChildren(
      element(
        "div",
        { class: "dsconv-pad-layer" },
        element(
          "p",
          { class: "dsconv-pad-head" },
          "picture",
          element("b", {}, "input"),
          `1 × ${FRAME} × ${FRAME}`,
        ),
        first,
      ),
      ...columns,
      element("p", { class: "dsconv-pad-after" }, "softmax: the ten bars"),
    );
  };
  // Scroll the flow, and never the page, until a newly chosen tile is seen.
  const reveal = (tile) => {
    if (tile === last) return;
    last = tile;
    const left = tile.offsetLeft - root.offsetLeft;
    const room = root.clientWidth - tile.offsetWidth - 8;
    if (left < root.scrollLeft) root.scrollLeft = left - 8;
    else if (left > root.scrollLeft + room) root.scrollLeft = Math.max(0, left - room / 2);
  };
  return {
    root,
    draw(layers, picture, chosen, channel) {
      const next = layers.map(layerWords).join();
      if (next !== built) {
        build(layers);
        built = next;
        last = null;
      }
      tint(first, picture, FRAME, FRAME, 1, true);
      order.forEach((at, place) => {
        const tile = tiles[place];
        const { output } = layers[at.layer];
        tint(
          tile.firstChild,
          mapOf(output, at.channel),
          output.height,
          output.width,
          brightest(output, at.channel),
        );
        const pressed = at.layer === chosen && at.channel === channel;
        if (pressed !== (tile.tabIndex === 0)) {
          tile.tabIndex = pressed ? 0 : -1;
          tile.setAttribute("aria-pressed", String(pressed));
        }
        if (pressed) reveal(tile);
      });
    },
  };
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

function behind({ name, kind, input, output, kernelSize, dilation }, channel, own) {
  const values = mapOf(output, channel);
  const ends =
    values.length === 1
      ? `Its one value is ${precise(values[0], Math.abs(values[0]))}; such single values are coloured by the largest of them all.`
      : `Its ${output.height} × ${output.width} values lie between ${number(Math.min(...values))} and ${number(Math.max(...values))}.`;
  const spread = dilation === 1 ? "taps side by side" : `taps ${dilation} pixels apart`;
  const kernel = `one ${kernelSize} × ${kernelSize} kernel, dilation ${dilation} (${spread})`;
  if (kind === "dense") return `Map ${channel + 1} of the stem: ${kernel}, slides over the picture. ${ends}`;
  if (name === "average") {
    return (
      `Map ${channel + 1} of the average: one ${kernelSize} × ${kernelSize} kernel as large as map ${channel + 1} of what comes in; ` +
      `each place has a weight of its own. ${ends}`
    );
  }
  if (kind === "depthwise") {
    return `Map ${channel + 1} of ${name}: ${kernel}, slides over map ${channel + 1} of what comes in, and over no other. ${ends}`;
  }
  const strongest = own.reduce(
    (best, weight, place) => (Math.abs(weight) > Math.abs(own[best]) ? place : best),
    0,
  );
  return (
    `Map ${channel + 1} of ${name}: each pixel is a sum of the ${input.channels} depthwise maps at that pixel, ` +
    `times these ${input.channels} weights. Depthwise map ${strongest + 1} counts most, with ${number(own[strongest])}. ${ends}`
  );
}

// The chosen map, enlarged, between what it reads and the weights that make it.
export function detailView() {
  let now = null;
  const told = (stacked, channel) => (row, column) =>
    `Row ${row}, column ${column}: ${number(mapOf(stacked(), channel())[row * stacked().width + column], 3)}.`;
  const output = probe(
    "the chosen map",
    168,
    told(
      () => now.layer.output,
      () => now.channel,
    ),
  );
  const input = probe(
    "the map it reads",
    168,
    told(
      () => now.layer.input,
      () => now.source,
    ),
  );
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
