// A panel that stays covered until the reader has set the stacks that lead to what it says, or asks
// for it. Paper shows it in any case.

import { button, element } from "../shared/dom.js";

const WANTED = ["1, 1, 5", "1, 1, 6"];

// Three taps each, in any order.
const ratesOf = (layers) =>
  layers.every(({ kernelSize }) => kernelSize === 3)
    ? layers
        .map(({ dilation }) => dilation)
        .sort((a, b) => a - b)
        .join(", ")
    : "";

export function coveredPanel(heading, ...children) {
  const told = element("div", { class: "dsconv-dilation-told", tabindex: -1 }, ...children);
  const done = element("p", { class: "dsconv-dilation-done", role: "status" });
  const show = button("Show me", () => {
    root.classList.remove("dsconv-dilation-covered");
    told.focus();
  });
  const ask = element(
    "div",
    { class: "dsconv-dilation-ask" },
    heading,
    element("p", {}, `Set the rates to ${WANTED.join(" and to ")} first.`),
    show,
  );
  const root = element("div", { class: "dsconv-dilation-panel" }, ask, done, told);
  const met = new Set();
  const say = () => {
    const words = WANTED.filter((rates) => met.has(rates)).join(" and ");
    const all = met.size === WANTED.length ? " The rule is shown below." : "";
    done.textContent = words && `Done: ${words}.${all}`;
    if (all) root.classList.remove("dsconv-dilation-covered");
  };
  return {
    root,
    cover(covered) {
      met.clear();
      done.textContent = "";
      root.classList.toggle("dsconv-dilation-covered", covered);
    },
    meet(layers) {
      const rates = ratesOf(layers);
      if (!root.classList.contains("dsconv-dilation-covered") || !WANTED.includes(rates)) return;
      met.add(rates);
      say();
    },
  };
}
