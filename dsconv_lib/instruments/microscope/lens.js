// The microscope's lens: the sum behind one output pixel, written out, with a field for every weight.

import { choice, element } from "../shared/dom.js";
import { brief, kernelOf, readWeight, shapeOf, weightWords } from "./model.js";

const COLOUR_OF = {
  standard: "dense",
  depthwise: "depthwise",
  pointwise: "pointwise",
  separable: "depthwise",
};

// tell: {kernel(input, kernel), mixing(input, weight), light(what or null)}
export function lensView(state, tell) {
  const { kind, fixed } = state;
  const k = shapeOf(state).kernel_size;
  const heading = element("p", { class: "dsconv-microscope-heading" });
  const total = element("p", { class: "dsconv-microscope-total" });
  const hint = element("p", { class: "dsconv-note" });
  const list = element("div", { class: `dsconv-microscope-groups dsconv-microscope-groups-${kind}` });
  const cards = [];
  return {
    root: element("div", { class: "dsconv-microscope-lens" }, heading, total, list, hint),
    heading,
    total,
    show(next, sum) {
      while (cards.length < sum.groups.length) {
        cards.push(card({ kind, k, fixed, many: sum.groups.length, tell }));
        list.append(cards.at(-1).root);
      }
      sum.groups.forEach((group, place) => cards[place].show(next, group));
      heading.replaceChildren(...headingOf(next, sum));
      total.textContent = totalWords(kind, sum);
      hint.textContent = roundingWords(sum);
    },
  };
}

function headingOf({ channel, row, column }, { total }) {
  return [
    element("span", {}, `Output ${channel}, row ${row}, column ${column}:`),
    element("strong", { class: "dsconv-microscope-value" }, brief(total)),
  ];
}

const signed = (value) => (value < 0 ? `(${brief(value)})` : brief(value));

export function totalWords(kind, { total, groups }) {
  const parts = groups.map(({ sum, mixing, share, taps: [first] }, at) => {
    const start = at ? signed : brief;
    if (kind === "separable") return `${start(sum)} × ${signed(mixing)}`;
    if (kind === "pointwise") return `${start(first.value)} × ${signed(first.weight)}`;
    return start(share);
  });
  if (parts.length === 1 && !parts[0].includes("×")) return `The products below add up to ${brief(total)}.`;
  const shares =
    kind === "separable" || kind === "pointwise"
      ? ` = ${groups.map(({ share }, at) => (at ? signed : brief)(share)).join(" + ")}`
      : "";
  const short = groups.length > 1 ? shares : "";
  return `${parts.join(" + ")}${short} = ${brief(total)}`;
}

// Whether adding up what is written gives what is written as the sum.
function roundingWords({ total, groups }) {
  const rounded = (value) => Math.round(value * 1000) / 1000;
  const sum = (values) => brief(values.reduce((all, value) => all + rounded(value), 0));
  const wrong = [];
  for (const { input, taps, sum: all } of groups) {
    const written = sum(taps.map(({ product }) => product));
    if (taps.length > 1 && written !== brief(all))
      wrong.push(`input ${input}: ${written} instead of ${brief(all)}`);
  }
  const written = sum(groups.map(({ share }) => share));
  if (groups.length > 1 && written !== brief(total))
    wrong.push(`the last sum: ${written} instead of ${brief(total)}`);
  const all = "Written with three decimals, computed with all.";
  return wrong.length ? `${all} Adding up what is written gives, for ${wrong.join("; ")}.` : all;
}

function card({ kind, k, fixed, many, tell }) {
  const colour = COLOUR_OF[kind];
  const title = element("span");
  const mixed = kind === "separable" || kind === "pointwise";
  const large = k > 3 ? " dsconv-microscope-large" : "";
  const root = element("div", { class: `dsconv-microscope-card${large}`, style: `--tap: var(--${colour})` });
  const view = { input: 0, state: null, fixed };
  const mix = mixed ? mixingRow(kind, view, tell) : null;
  const grid = kind === "pointwise" ? null : tapGrid(k, view, tell);
  if (mix) root.append(mix.root);
  if (grid) {
    const preset = kernelChoice(view, tell);
    root.append(
      element(
        "details",
        { open: k <= 3 && many <= 2 },
        element("summary", {}, title),
        preset.root,
        grid.root,
      ),
    );
    view.preset = preset;
  }
  view.root = root;
  view.show = (state, group) => {
    Object.assign(view, { state, input: group.input });
    const name = `input ${group.input}, ${state.fixed.inputs[group.input]}`;
    const sum = `${group.taps.length} product${group.taps.length > 1 ? "s" : ""}: ${brief(group.sum)}`;
    title.replaceChildren(`${name[0].toUpperCase()}${name.slice(1)}`, element("b", {}, sum));
    mix?.show(state, group, name);
    grid?.show(state, group, name);
    view.preset?.show(state, group.input);
  };
  return view;
}

export function kernelAt(state, input) {
  if (state.kind === "standard") return state.dense_kernels[state.channel][input];
  return state.depthwise_kernels[state.kind === "depthwise" ? state.channel : input];
}

function kernelChoice(view, tell) {
  const options = [...view.fixed.kernels.map(({ name }) => [name, name]), ["own", "own numbers"]];
  const made = choice("kernel", options, "own", (name) => {
    if (name !== "own") tell.kernel(view.input, name);
  });
  made.root.classList.add("dsconv-microscope-preset");
  made.select.options[options.length - 1].disabled = true;
  made.show = (state, input) => {
    const kernel = kernelAt(state, input);
    made.set(typeof kernel === "string" ? kernel : "own");
    made.select.setAttribute("aria-label", `kernel for input ${input}, ${state.fixed.inputs[input]}`);
  };
  return made;
}

// A field for one weight. What is no number is not taken; leaving the field brings the old weight back.
function weightField(k, most, change, light) {
  let weight = NaN;
  const input = element("input", {
    type: "text",
    class: "dsconv-microscope-weight",
    autocomplete: "off",
    spellcheck: "false",
    onfocus: () => light(true),
    onblur: () => {
      input.removeAttribute("aria-invalid");
      input.value = weightWords(weight, k);
      light(false);
    },
    oninput: () => {
      const typed = readWeight(input.value, most);
      input.setAttribute("aria-invalid", Number.isNaN(typed));
      input.title = Number.isNaN(typed)
        ? `Not a number from −${most} to ${most}; such as 0.5, −2 or 1/9.`
        : "";
      if (!Number.isNaN(typed) && typed !== weight) change(typed);
    },
  });
  return {
    input,
    show(next, name) {
      if (input.getAttribute("aria-label") !== name) input.setAttribute("aria-label", name);
      const typed = document.activeElement === input && readWeight(input.value, most) === next;
      if (next !== weight && !typed) input.value = weightWords(next, k);
      weight = next;
    },
  };
}

function tapGrid(k, view, tell) {
  const cells = [];
  const table = element("table", { class: "dsconv-microscope-grid" });
  for (let down = 0; down < k; down++) {
    const line = element("tr");
    for (let right = 0; right < k; right++) {
      const lit = (on, focus) => tell.light(on ? { stage: 0, input: view.input, down, right } : null, focus);
      const field = weightField(
        k,
        view.fixed.weight,
        (weight) => {
          const numbers = kernelOf(view.fixed, kernelAt(view.state, view.input), k);
          numbers[down * k + right] = weight;
          tell.kernel(
            view.input,
            Array.from({ length: k }, (_, row) => numbers.slice(row * k, row * k + k)),
          );
        },
        (on) => lit(on, true),
      );
      const value = element("span", { class: "dsconv-microscope-pixel" });
      const product = element("span");
      const cell = element(
        "td",
        { onpointerenter: () => lit(true), onpointerleave: () => lit(false) },
        value,
        field.input,
        product,
      );
      cells.push({ cell, value, product, field, down, right });
      line.append(cell);
    }
    table.append(line);
  }
  return {
    root: element("div", { class: "dsconv-microscope-scroll" }, table),
    show(state, { taps }, name) {
      table.setAttribute("aria-label", `${name}: pixel times weight for each tap`);
      taps.forEach((tap, place) => {
        const { cell, value, product, field, down, right } = cells[place];
        value.textContent = tap.inside ? `${brief(tap.value)} ×` : "pad 0 ×";
        product.textContent = `= ${brief(tap.product)}`;
        if (cell.classList.contains("dsconv-microscope-padding") === tap.inside) {
          cell.classList.toggle("dsconv-microscope-padding", !tap.inside);
        }
        field.show(tap.weight, `weight at row ${down}, column ${right} for ${name}`);
      });
    },
  };
}

function mixingRow(kind, view, tell) {
  const lit = (on, focus) =>
    tell.light(
      on ? { stage: kind === "separable" ? 1 : 0, input: view.input, down: 0, right: 0 } : null,
      focus,
    );
  const field = weightField(
    1,
    view.fixed.weight,
    (weight) => tell.mixing(view.input, weight),
    (on) => lit(on, true),
  );
  const before = element("span", { class: "dsconv-microscope-pixel" });
  const after = element("span");
  const name = element("span");
  const root = element(
    "div",
    { class: "dsconv-microscope-mixing", onpointerenter: () => lit(true), onpointerleave: () => lit(false) },
    name,
    element("span", { class: "dsconv-microscope-product" }, before, field.input, after),
  );
  return {
    root,
    show(state, { taps: [tap], sum, mixing, share }, words) {
      name.textContent =
        kind === "separable" ? `Depthwise ${view.input}` : `${words[0].toUpperCase()}${words.slice(1)}`;
      before.textContent = `${brief(kind === "separable" ? sum : tap.value)} ×`;
      after.textContent = `= ${brief(share)}`;
      field.show(
        mixing ?? tap.weight,
        `pointwise weight from input ${view.input} to output ${state.channel}`,
      );
    },
  };
}
