// The layers of the dilation stack: kernel and rate of each, their order, one more, one fewer.

import { button, element } from "../shared/dom.js";
import { DILATION_LIMITS, paddingLoss, percent } from "./paths.js";

const changedPair = (pair, part, value) => pair.map((old, at) => (at === part ? value : old));

// One row of the editor per possible layer, made once; rows without a layer are hidden.
export function layerEditor(change) {
  const { layers: most, kernelSize: mostTaps, dilation: mostRate } = DILATION_LIMITS;
  let pairs = [];
  const rows = Array.from({ length: most }, (_, place) => layerRow(place));
  const add = button("add a layer", () => {
    const [kernel, rate] = pairs.at(-1);
    change([...pairs, [kernel, Math.min(mostRate, 2 * rate)]]);
    if (pairs.length + 1 >= most) rows[most - 1].kernel.focus();
  });
  const reason = element("p", {
    class: "dsconv-note",
    id: `dsconv-dilation-most-${Math.random().toString(36).slice(2)}`,
  });
  add.setAttribute("aria-describedby", reason.id);

  function layerRow(place) {
    const name = `layer ${place + 1}`;
    const numbers = (last) => Array.from({ length: last }, (_, i) => i + 1);
    const pick = (words, last, part) => {
      const select = element(
        "select",
        {
          "aria-label": `${name} ${words}`,
          onchange: () =>
            change(
              pairs.map((pair, at) => (at === place ? changedPair(pair, part, Number(select.value)) : pair)),
            ),
        },
        ...numbers(last).map((value) => element("option", { value }, String(value))),
      );
      return select;
    };
    const press = (sign, words, act) => button(sign, act, { "aria-label": `${words} ${name}`, title: words });
    const row = {
      kernel: pick("kernel_size", mostTaps, 0),
      rate: pick("dilation", mostRate, 1),
      up: press("↑", "move up", () => swap(place, 1)),
      down: press("↓", "move down", () => swap(place, -1)),
      remove: press("×", "remove", () => {
        const last = pairs.length - 1;
        change(pairs.filter((_, at) => at !== place));
        if (place === last || last === 1) rows[Math.max(0, last - 1)].kernel.focus();
      }),
      share: element("span", { class: "dsconv-dilation-share" }),
    };
    row.up.setAttribute("aria-label", `move ${name} up`);
    row.down.setAttribute("aria-label", `move ${name} down`);
    const names = element("span", { class: "dsconv-dilation-number" }, name);
    row.root = element(
      "li",
      { class: "dsconv-dilation-layer" },
      names,
      row.kernel,
      row.rate,
      row.up,
      row.down,
      row.remove,
      row.share,
    );
    return row;
  }

  // The focus goes with the layer that was moved.
  function swap(place, step) {
    const next = [...pairs];
    const to = place + step;
    [next[place], next[to]] = [next[to], next[place]];
    change(next);
    const ends = to === (step > 0 ? next.length - 1 : 0);
    rows[to][step > 0 === ends ? "down" : "up"].focus();
  }

  const heads = ["", "kernel_size", "dilation"].map((words) => element("span", {}, words));
  const root = element(
    "div",
    { class: "dsconv-dilation-editor" },
    element("div", { class: "dsconv-dilation-heads", "aria-hidden": "true" }, ...heads),
    element(
      "ol",
      { "aria-label": "layers, the one nearest the output first" },
      ...rows.map(({ root: row }) => row).reverse(),
    ),
    element("div", { class: "dsconv-dilation-add" }, add, reason),
  );
  return {
    root,
    draw(layers) {
      pairs = layers.map(({ kernelSize, dilation }) => [kernelSize, dilation]);
      rows.forEach((row, place) => {
        const layer = layers[place];
        row.root.hidden = !layer;
        if (!layer) return;
        row.kernel.value = layer.kernelSize;
        row.rate.value = layer.dilation;
        row.up.disabled = place === layers.length - 1;
        row.down.disabled = place === 0;
        row.remove.disabled = layers.length === 1;
        row.share.textContent = `${percent(paddingLoss([layer], 0, 0).mean)} of its taps on padding`;
      });
      add.disabled = layers.length >= most;
      reason.textContent =
        layers.length >= most
          ? `${most} layers are the most this picture holds.`
          : "The top layer is nearest the output.";
    },
  };
}
