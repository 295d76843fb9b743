// What every instrument needs of a page: elements, controls with names, pictures, a spoken text.

const SVG = "http://www.w3.org/2000/svg";

// element("button", {class: "x", onclick: f, "aria-label": "y"}, "text", child, ...)
export function element(tag, attributes = {}, ...children) {
  return furnish(document.createElement(tag), attributes, children);
}

export function shape(tag, attributes = {}, ...children) {
  return furnish(document.createElementNS(SVG, tag), attributes, children);
}

function furnish(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

// ids must differ between the instruments of a page, and each has this module for itself
const own = Math.random().toString(36).slice(2, 8);
let made = 0;

// A slider with its name and its value. Arrow keys, touch and mouse come with <input type="range">.
export function slider(name, { min, max, step = 1, value, format = String }, change) {
  const id = `dsconv-${own}-${++made}`;
  const readout = element("output", { for: id });
  const input = element("input", { id, type: "range", min, max, step, value });
  const show = () => {
    readout.textContent = format(Number(input.value));
    input.setAttribute("aria-valuetext", readout.textContent);
  };
  input.addEventListener("input", () => {
    show();
    change(Number(input.value));
  });
  show();
  const root = element(
    "div",
    { class: "dsconv-control" },
    element("label", { for: id }, name),
    input,
    readout,
  );
  return {
    root,
    input,
    set(next, limits = {}) {
      if ("max" in limits) input.max = limits.max;
      if ("min" in limits) input.min = limits.min;
      input.value = next;
      show();
    },
  };
}

// options: [[value, words], ...]
export function choice(name, options, value, change) {
  const id = `dsconv-${own}-${++made}`;
  const select = element("select", { id, onchange: () => change(select.value) });
  for (const [key, words] of options) select.append(element("option", { value: key }, words));
  select.value = value;
  const root = element("div", { class: "dsconv-control" }, element("label", { for: id }, name), select);
  return {
    root,
    select,
    set(next) {
      select.value = next;
    },
  };
}

export function button(words, press, attributes = {}) {
  return element("button", { type: "button", class: "dsconv-button", onclick: press, ...attributes }, words);
}

// Run a job at most once per frame, however often it is asked for.
export function oncePerFrame(job) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      job();
    });
  };
}

// A text that a screen reader hears when it changes, and that everyone can read.
export function announcer() {
  const root = element("p", { class: "dsconv-live", role: "status", "aria-live": "polite" });
  let timer = 0;
  return {
    root,
    say(words) {
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (root.textContent !== words) root.textContent = words;
      }, 120);
    },
  };
}

// Numbers as the pages write them: a true minus, never minus zero.
export function number(value, digits = 2) {
  const words = value.toFixed(digits);
  return /^-0\.?0*$/.test(words) ? words.slice(1) : words.replace("-", "−");
}

export function grouped(value) {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

// Bytes of a traitlets.Bytes as floats or bytes; copied, since the view may start anywhere.
export function floats(view) {
  return new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}

export function bytes(view) {
  return new Uint8Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}

// Keep a setting in the model; a page without a kernel has nobody to tell.
export function keep(model, settings) {
  for (const [name, value] of Object.entries(settings)) model.set(name, value);
  try {
    model.save_changes();
  } catch {
    /* the page goes on alone */
  }
}

// Build an instrument; where that fails, say why in its place: never a blank box.
export function mount(el, name, build) {
  const root = element("section", { class: "dsconv", "aria-label": name });
  // without this mark on what has the focus, JupyterLab takes the arrow keys for its own
  root.addEventListener("focusin", ({ target }) => target.setAttribute("data-lm-suppress-shortcuts", "true"));
  el.replaceChildren(root);
  const fail = (error) => {
    root.replaceChildren(
      element("p", { class: "dsconv-failure", role: "alert" }, `${name} cannot be shown: ${error.message}`),
    );
  };
  try {
    return build(root, fail);
  } catch (error) {
    fail(error);
  }
}
