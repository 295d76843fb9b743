// The layers of the dilation stack: kernel and rate of each, their order, one more, one fewer.

import { button, element } from "../shared/dom.js";
import { paddingLoss, percent } from "./paths.js";

const replaced = (list, place, value) => list.map((old, at) => (at === place ? value : old));

// change(layers) is told the new layers. One row per possible layer is made once; rows without a layer
// are hidden.
export function layerEditor(fixed, change) {
  const { layers: most, dilation: mostRate, side } = fixed;
  const editor = { pairs: [], rows: [], change };
  editor.rows.push(...Array.from({ length: most }, (_, place) => layerRow(editor, place, fixed)));
  const add = button("add a layer", () => {
    const [kernel, rate] = editor.pairs.at(-1);
    change([...editor.pairs, [kernel, Math.min(mostRate, 2 * rate)]]);
    if (editor.pairs.length + 1 >= most) editor.rows[most - 1].kernel.focus();
  });
  const id = `dsconv-dilation-most-${Math.random().toString(36).slice(2)}`;
  const reason = element("p", { class: "dsconv-note", id });
  add.setAttribute("aria-describedby", id);
  const heads = ["", "kernel_size", "dilation"].map((words) => element("span", {}, words));
  const root = element(
    "div",
    { class: "dsconv-dilation-editor" },
    element("div", { class: "dsconv-dilation-heads", "aria-hidden": "true" }, ...heads),
    element(
      "ol",
      { "aria-label": "layers, the one nearest the output first" },
      ...editor.rows.map(({ root: row }) => row).reverse(),
    ),
    element("div", { class: "dsconv-dilation-add" }, add, reason),
  );
  return {
    root,
    draw({ layers }) {
      editor.pairs = layers.map(({ kernelSize, dilation }) => [kernelSize, dilation]);
      editor.rows.forEach((row, place) => drawRow(row, place, layers, side));
      add.disabled = layers.length >= most;
      reason.textContent =
        layers.length >= most
          ? `${most} layers are the most this picture holds.`
          : "The top layer is nearest the output.";
    },
  };
}

function layerRow(editor, place, { kernel_size: mostTaps, dilation: mostRate }) {
  const name = `layer ${place + 1}`;
  const pick = (words, last, part) => {
    const set = () => {
      const pair = replaced(editor.pairs[place], part, Number(select.value));
      editor.change(replaced(editor.pairs, place, pair));
    };
    const numbers = Array.from({ length: last }, (_, at) => at + 1);
    const options = numbers.map((value) => element("option", { value }, String(value)));
    const select = element("select", { "aria-label": `${name} ${words}`, onchange: set }, ...options);
    return select;
  };
  const press = (sign, words, label, act) => button(sign, act, { "aria-label": label, title: words });
  const row = {
    kernel: pick("kernel_size", mostTaps, 0),
    rate: pick("dilation", mostRate, 1),
    up: press("↑", "move up", `move ${name} up`, () => swap(editor, place, 1)),
    down: press("↓", "move down", `move ${name} down`, () => swap(editor, place, -1)),
    remove: press("×", "remove", `remove ${name}`, () => remove(editor, place)),
    share: element("span", { class: "dsconv-dilation-share" }),
  };
  const number = element("span", { class: "dsconv-dilation-number" }, name);
  const parts = [number, row.kernel, row.rate, row.up, row.down, row.remove, row.share];
  row.root = element("li", { class: "dsconv-dilation-layer" }, ...parts);
  return row;
}

function drawRow(row, place, layers, side) {
  const layer = layers[place];
  row.root.hidden = !layer;
  if (!layer) return;
  row.kernel.value = layer.kernelSize;
  row.rate.value = layer.dilation;
  row.up.disabled = place === layers.length - 1;
  row.down.disabled = place === 0;
  row.remove.disabled = layers.length === 1;
  row.share.textContent = `${percent(paddingLoss([layer], 0, 0, side).mean)} of its taps on padding`;
}

// The focus goes with the layer that was moved.
function swap({ pairs, rows, change }, place, step) {
  const next = [...pairs];
  const to = place + step;
  [next[place], next[to]] = [next[to], next[place]];
  change(next);
  const ends = to === (step > 0 ? next.length - 1 : 0);
  rows[to][step > 0 === ends ? "down" : "up"].focus();
}

function remove({ pairs, rows, change }, place) {
  const last = pairs.length - 1;
  change(pairs.filter((_, at) => at !== place));
  if (place === last || last === 1) rows[Math.max(0, last - 1)].kernel.focus();
}
