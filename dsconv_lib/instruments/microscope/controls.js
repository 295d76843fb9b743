// The microscope's settings. What is impossible is greyed out, and a sentence says why.

import { button, element, grouped, slider } from "../shared/dom.js";
import { brief, faultOf, outShape, pricesOf } from "./model.js";

let chipGroups = 0;

// A row of radio buttons that look like keys: all choices in view, the impossible ones greyed out.
function chips(name, values, change) {
  const group = `dsconv-microscope-${++chipGroups}`;
  const inputs = new Map();
  const root = element(
    "fieldset",
    { class: `dsconv-microscope-chips dsconv-microscope-chips-${name}` },
    element("legend", {}, name),
  );
  const row = element("div");
  for (const value of values) {
    const input = element("input", { type: "radio", name: group, value, onchange: () => change(value) });
    inputs.set(value, input);
    row.append(element("label", {}, input, element("span", {}, String(value))));
  }
  root.append(row);
  return {
    root,
    show(chosen, faults) {
      for (const [value, input] of inputs) {
        input.checked = value === chosen;
        input.disabled = Boolean(faults.get(value)) && value !== chosen;
        input.parentElement.title = faults.get(value) ?? "";
      }
    },
  };
}

const KEYS = ["kind", "in_channels", "out_channels", "kernel_size", "stride", "dilation"]; // as chips
const IDLE = ["kernel_size", "dilation", "padding"]; // in a pointwise layer

// What a choice changes. A depthwise layer takes its out_channels along.
export function changesFor(state, name, value) {
  const next = { ...state, [name]: value };
  if (next.kind !== "depthwise" || name === "out_channels" || next.out_channels % next.in_channels === 0)
    return { [name]: value };
  return { [name]: value, out_channels: next.in_channels };
}

// For each setting the values that cannot be chosen now, and why: {dilation: Map(5 → "...")}.
export function faultsOf(state) {
  return Object.fromEntries(
    Object.entries(state.fixed.choices).map(([name, all]) => [
      name,
      new Map(
        all
          .map((value) => [value, faultOf({ ...state, ...changesFor(state, name, value) })])
          .filter(([, fault]) => fault),
      ),
    ]),
  );
}

function reasonsOf(state, faults) {
  const list = (values) =>
    values.length < 2 ? values.join() : `${values.slice(0, -1).join(", ")} and ${values.at(-1)}`;
  const reasons =
    state.kind !== "pointwise"
      ? []
      : [
          "kernel_size, dilation and padding cannot be chosen: a pointwise kernel is a single pixel, " +
            "so there is nothing to spread and nothing to pad. Their values wait for the other kinds.",
        ];
  for (const name of [...KEYS, "padding"]) {
    const found = faults[name];
    if (!found.size || (state.kind === "pointwise" && IDLE.includes(name))) continue;
    const values = [...found.keys()];
    const which = name === "padding" && values.length > 1 ? `0 to ${values.at(-1)}` : list(values);
    reasons.push(
      `${name} ${which} cannot be chosen: ${found.get(name === "padding" ? values.at(-1) : values[0])}.`,
    );
  }
  return reasons;
}

export function controlsView({ choices }, change) {
  let state = null;
  const choose = (name) => (value) => {
    const changes = changesFor(state, name, value);
    const along = name !== "out_channels" && "out_channels" in changes;
    notice.textContent = along
      ? `out_channels is now ${changes.out_channels}: in a depthwise layer it is a multiple of in_channels.`
      : "";
    change(changes);
  };
  const rows = Object.fromEntries(KEYS.map((name) => [name, chips(name, choices[name], choose(name))]));
  const max = choices.padding.at(-1);
  const padding = slider("padding", { min: 0, max, value: 1 }, choose("padding"));
  padding.root.classList.add("dsconv-microscope-slider");
  const notice = element("p", { class: "dsconv-note", role: "status" });
  const reasons = element("ul", { class: "dsconv-microscope-reasons" });
  return {
    root: element(
      "div",
      {},
      element(
        "div",
        { class: "dsconv-microscope-controls" },
        ...Object.values(rows).map(({ root }) => root),
        padding.root,
      ),
      notice,
      reasons,
    ),
    show(next) {
      state = next;
      const faults = faultsOf(state);
      const pointwise = state.kind === "pointwise";
      for (const [name, row] of Object.entries(rows)) {
        const idle = pointwise && IDLE.includes(name);
        row.root.disabled = idle;
        row.show(state[name], faults[name]);
      }
      padding.input.disabled = pointwise;
      padding.set(state.padding, { min: pointwise ? 0 : faults.padding.size, max });
      const said = reasonsOf(state, faults);
      if (
        reasons.childNodes.length !== said.length ||
        said.some((words, at) => reasons.childNodes[at].textContent !== words)
      ) {
        reasons.replaceChildren(...said.map((words) => element("li", {}, words)));
      }
    },
  };
}

// Output size, parameters, multiply-adds, and their ratio to the dense layer's.
export function pricesView() {
  const list = element("dl"); // without a class: themes indent lists that have one
  const parts = (stages, what) => stages.map((stage) => grouped(stage[what])).join(" + ");
  return {
    root: element("div", { class: "dsconv-microscope-prices" }, list),
    show(state) {
      const { stages, params, macs, dense } = pricesOf(state);
      const [height, width] = outShape(state);
      const two = stages.length > 1;
      const k = state.kernel_size;
      const facts = [
        ["output size", `${state.out_channels} × ${height} × ${width}`, "out_channels, height, width"],
        ["parameters", grouped(params), two ? `${parts(stages, "params")}, no bias` : "no bias"],
        ["MACs", grouped(macs), two ? parts(stages, "macs") : "for one image"],
        [
          "ratio to dense",
          brief(params / dense.params),
          `dense ${k} × ${k}: ${grouped(dense.params)} parameters, ${grouped(dense.macs)} MACs`,
        ],
      ];
      list.replaceChildren(
        ...facts.map(([name, value, words]) =>
          element("div", {}, element("dt", {}, name), element("dd", {}, value), element("dd", {}, words)),
        ),
      );
    },
  };
}

// "Copy as PyTorch": into the clipboard where the browser allows it, in any case into a field to select from.
export function copyView(textOf) {
  const field = element("textarea", {
    class: "dsconv-microscope-code",
    readonly: true,
    rows: 12,
    spellcheck: "false",
    "aria-label": "The layer as PyTorch lines",
    hidden: true,
  });
  const said = element("span", { role: "status" });
  const press = async () => {
    field.hidden = false;
    field.value = textOf();
    try {
      await navigator.clipboard.writeText(field.value);
      said.textContent = "Copied. These are the lines:";
    } catch {
      field.focus();
      field.select();
      field.scrollTop = 0;
      said.textContent = "This page may not copy. The lines are selected: copy them with Ctrl+C or ⌘C.";
    }
  };
  return {
    root: element("div", { class: "dsconv-microscope-copy" }, button("Copy as PyTorch", press), said, field),
    show() {
      if (field.hidden) return;
      const text = textOf();
      if (text !== field.value) {
        field.value = text;
        said.textContent = "The lines follow the settings.";
      }
    },
  };
}
