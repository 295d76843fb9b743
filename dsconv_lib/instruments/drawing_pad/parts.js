// The parts of the drawing pad above its maps. Each is made once and returns {root, draw(...)}.

import { colourOf } from "../shared/colours.js";
import { element, grouped, number, slider } from "../shared/dom.js";
import { ERASER, INK_SIDE, PEN } from "./ink.js";
import { FRAME, forward, winnerOf } from "./network.js";

const SIGNED = Uint32Array.from({ length: 511 }, (_, at) => packedColour(colourOf(at - 255, 255)));
const INKS = Uint32Array.from({ length: 256 }, (_, at) => packedColour(colourOf(at, 255, "ink")));
const sheets = new WeakMap();

function packedColour([red, green, blue]) {
  return new Uint32Array(new Uint8Array([red, green, blue, 255]).buffer)[0];
}

// Paint a map, or ink, without making anything new: hundreds of tiles are painted at every move.
export function tint(canvas, values, height, width, most, inks = false) {
  let sheet = sheets.get(canvas);
  if (!sheet || sheet.image.width !== width || sheet.image.height !== height) {
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext("2d");
    const image = context.createImageData(width, height);
    sheet = { context, image, pixels: new Uint32Array(image.data.buffer) };
    sheets.set(canvas, sheet);
  }
  const table = inks ? INKS : SIGNED;
  const zero = inks ? 0 : 255;
  const factor = 255 / (most || 1);
  for (let at = 0; at < width * height; at++) {
    const value = Math.max(-zero, Math.min(255, Math.round(values[at] * factor)));
    sheet.pixels[at] = table[value + zero];
  }
  sheet.context.putImageData(sheet.image, 0, 0);
}

// Short, as in a table; and as a sentence says it, after "probability".
export function percent(share) {
  if (share > 0.9995) return "> 99.9%";
  return share < 0.0005 ? "< 0.1%" : `${number(100 * share, 1)}%`;
}

export function percentWords(share) {
  return percent(share).replace("> ", "above ").replace("< ", "below ");
}

export function figureOf(words, ...children) {
  return element(
    "div",
    { class: "dsconv-pad-figure" },
    element("p", { class: "dsconv-pad-title" }, words),
    ...children,
  );
}

// One focus stop for many buttons; arrow keys walk among them. moves: key -> steps; walked(place) is told.
export function rove(root, buttons, moves, walked = () => {}) {
  const all = () => buttons().filter((one) => !one.hidden);
  root.addEventListener("keydown", (event) => {
    const list = all();
    const place = list.indexOf(event.target);
    if (place < 0 || !(event.key in moves) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const next = moves[event.key](place, list);
    const to = list[Math.max(0, Math.min(list.length - 1, next))];
    for (const one of list) one.tabIndex = one === to ? 0 : -1;
    to.focus();
    walked(to);
  });
}

// A canvas whose pixels can be asked: mouse, finger or arrow keys; tell(row, column) gives the answer.
export function probe(name, size, tell) {
  const canvas = element("canvas", {
    tabindex: 0,
    role: "img",
    class: "dsconv-pad-map",
    "aria-label": `${name}; arrow keys ask single pixels`,
  });
  const mark = element("span", { class: "dsconv-pad-mark", hidden: true });
  const words = element("p", { class: "dsconv-note dsconv-pad-told", "aria-live": "polite" });
  const stage = element("div", { class: "dsconv-pad-stage", style: `width:${size}px` }, canvas, mark);
  const root = element("div", { class: "dsconv-pad-probe", style: `width:${size}px` }, stage, words);
  let place = null;
  let span = 1; // side of what is marked, in pixels of the map
  const show = () => {
    mark.hidden = !place;
    words.textContent = place ? tell(place.row, place.column) : "Point at a pixel, or use arrow keys.";
    if (place) markPlace(mark, canvas, place, span);
  };
  const go = (row, column) => {
    const within = (at, most) => Math.max(0, Math.min(most - 1, at));
    place = { row: within(row, canvas.height), column: within(column, canvas.width) };
    show();
  };
  askedBy(canvas, go, () => place);
  return {
    root,
    stage,
    draw(values, height, width, most, marked = 1) {
      if (place && (place.row >= height || place.column >= width)) place = null;
      span = marked;
      tint(canvas, values, height, width, most);
      show();
    },
    forget() {
      place = null;
      span = 1;
      show();
    },
  };
}

function markPlace(mark, { width, height }, { row, column }, span) {
  const half = (span - 1) / 2;
  Object.assign(mark.style, {
    left: `${(100 * (column - half)) / width}%`,
    top: `${(100 * (row - half)) / height}%`,
    width: `${(100 * span) / width}%`,
    height: `${(100 * span) / height}%`,
  });
}

// Pointer and arrow keys of a probe; the first key starts in the middle.
function askedBy(canvas, go, where) {
  const follow = (event) => {
    const frame = canvas.getBoundingClientRect();
    go(
      Math.floor(((event.clientY - frame.top) / frame.height) * canvas.height),
      Math.floor(((event.clientX - frame.left) / frame.width) * canvas.width),
    );
  };
  canvas.addEventListener("pointerdown", follow);
  canvas.addEventListener("pointermove", follow);
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!step) return;
    event.preventDefault();
    const place = where();
    if (place) go(place.row + step[0], place.column + step[1]);
    else go(canvas.height >> 1, canvas.width >> 1);
  });
}

const KEYS = "Arrow keys move the pen, space puts it down or lifts it.";
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// The pad itself. begin, extend and end are told places in pixels of the 28 × 28 frame.
export class InkPad {
  held = null; // the pointer that draws
  down = false; // whether the pen of the keys is
  at = { x: FRAME / 2, y: FRAME / 2 };

  constructor(tell) {
    this.tell = tell;
    this.canvas = element("canvas", {
      class: "dsconv-pad-canvas",
      tabindex: 0,
      role: "application",
      "aria-roledescription": "drawing pad",
      "aria-label": `Drawing pad. ${KEYS}`,
    });
    this.cursor = element("span", { class: "dsconv-pad-cursor", hidden: true });
    this.words = element(
      "p",
      { class: "dsconv-note", "aria-live": "polite" },
      `Mouse, pen or finger. ${KEYS}`,
    );
    this.root = element("div", { class: "dsconv-pad-stage dsconv-pad-paper" }, this.canvas, this.cursor);
    this.follow();
    this.canvas.addEventListener("blur", () => this.lift());
    this.canvas.addEventListener("keydown", (event) => this.press(event));
  }

  placeOf(event) {
    const frame = this.canvas.getBoundingClientRect();
    const inside = (value) => Math.max(-3, Math.min(FRAME + 3, Math.round(value * FRAME * 100) / 100));
    const { left, top, width, height } = frame;
    return [inside((event.clientX - left) / width), inside((event.clientY - top) / height)];
  }

  follow() {
    const { canvas, tell } = this;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || this.held !== null) return;
      this.lift();
      this.cursor.hidden = true;
      this.held = event.pointerId;
      canvas.setPointerCapture(this.held);
      tell.begin(this.placeOf(event));
    });
    canvas.addEventListener("pointermove", (event) => {
      if (event.pointerId !== this.held) return;
      const pieces = event.getCoalescedEvents?.() ?? [];
      for (const piece of pieces.length ? pieces : [event]) tell.extend(this.placeOf(piece));
    });
    for (const name of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(name, (event) => {
        if (event.pointerId !== this.held) return;
        this.held = null;
        tell.end();
      });
    }
  }

  lift() {
    if (!this.down) return;
    this.down = false;
    this.cursor.classList.remove("dsconv-pad-down");
    this.tell.end();
  }

  press(event) {
    const { key } = event;
    const chord = event.ctrlKey || event.metaKey;
    if (key === "z" && chord) {
      event.preventDefault();
      this.lift();
      this.tell.undo();
      return;
    }
    if (chord || event.altKey || this.held !== null) return;
    if (key === "Escape") this.lift();
    else if (key === " ") this.putDownOrLift();
    else if (key in STEPS) this.step(...STEPS[key]);
    else return;
    event.preventDefault();
    this.showCursor();
  }

  putDownOrLift() {
    if (this.down) return this.lift();
    this.down = true;
    this.tell.begin([this.at.x, this.at.y]);
  }

  step(right, down) {
    const within = (place) => Math.max(0, Math.min(FRAME, place));
    this.at = { x: within(this.at.x + right), y: within(this.at.y + down) };
    if (this.down) this.tell.extend([this.at.x, this.at.y]);
  }

  showCursor() {
    const { x, y } = this.at;
    this.cursor.hidden = false;
    this.cursor.classList.toggle("dsconv-pad-down", this.down);
    Object.assign(this.cursor.style, { left: `${(100 * x) / FRAME}%`, top: `${(100 * y) / FRAME}%` });
    const pen = this.down ? "down" : "up";
    this.words.textContent = `Pen ${pen} at column ${x}, row ${y} of ${FRAME}. ${KEYS}`;
  }

  draw(ink, erasing) {
    tint(this.canvas, ink, INK_SIDE, INK_SIDE, 1, true);
    const share = (100 * (erasing ? ERASER : PEN)) / FRAME;
    Object.assign(this.cursor.style, { width: `${share}%`, height: `${share}%` });
  }
}

// Ten bars with their numbers; the longest is marked by words, too.
export function barsView() {
  const rows = Array.from({ length: 10 }, (_, digit) => {
    const fill = element("span", { class: "dsconv-pad-fill" });
    const words = element("span", { class: "dsconv-pad-share" });
    const row = element(
      "li",
      {},
      element("b", {}, String(digit)),
      element("span", { class: "dsconv-pad-track", "aria-hidden": "true" }, fill),
      words,
    );
    return { row, fill, words };
  });
  const title = element("p", { class: "dsconv-pad-title" });
  const root = element(
    "div",
    { class: "dsconv-pad-figure dsconv-pad-answer" },
    title,
    element(
      "ol",
      { class: "dsconv-pad-bars", "aria-label": "Ten probabilities" },
      ...rows.map(({ row }) => row),
    ),
    element("p", { class: "dsconv-note" }, "Rounded to a tenth of a per cent."),
  );
  return {
    root,
    draw(probabilities) {
      const winner = winnerOf(probabilities);
      title.textContent = `It reads a ${winner}`;
      rows.forEach(({ row, fill, words }, digit) => {
        fill.style.width = `${100 * probabilities[digit]}%`;
        words.textContent = percent(probabilities[digit]);
        row.classList.toggle("dsconv-pad-winner", digit === winner);
      });
    },
  };
}

// The examples, as small buttons.
export function samplesView(samples, labels, pick) {
  const buttons = labels.map((label, place) => {
    const canvas = element("canvas", { "aria-hidden": "true" });
    tint(canvas, samples[place], FRAME, FRAME, 1, true);
    return element(
      "button",
      {
        type: "button",
        class: "dsconv-pad-sample",
        "aria-label": `example ${place + 1}, a ${label}`,
        "aria-pressed": "false",
        tabindex: place ? -1 : 0,
        onclick: () => pick(place),
      },
      canvas,
    );
  });
  const root = element(
    "div",
    { class: "dsconv-pad-samples", role: "group", "aria-label": "Test digits to pick" },
    ...buttons,
  );
  rove(root, () => buttons, {
    ArrowRight: (at) => at + 1,
    ArrowDown: (at) => at + 1,
    ArrowLeft: (at) => at - 1,
    ArrowUp: (at) => at - 1,
    Home: () => 0,
    End: (_, list) => list.length,
  });
  return {
    root: buttons.length ? figureOf("Or pick a test digit", root) : "",
    draw(chosen) {
      buttons.forEach((one, place) => one.setAttribute("aria-pressed", String(place === chosen)));
    },
  };
}

const ratesOf = (net) => net.dilations.join(", ");

// Which network reads: sliders over the widths and rates that were given, and what each one costs.
export class NetsView {
  constructor(nets, change) {
    this.nets = nets;
    this.now = nets[0];
    this.change = change;
    this.widths = [...new Set(nets.map((net) => net.width))].sort((a, b) => a - b);
    this.rates = [...new Set(nets.map(ratesOf))].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
    this.makeSliders();
    this.words = element("p", { class: "dsconv-note" });
    this.table = this.makeTable();
    const title = element("p", { class: "dsconv-pad-title" }, "The network that reads it");
    this.root = element("div", { class: "dsconv-pad-nets" }, title);
    if (this.widths.length > 1) this.root.append(this.width.root);
    if (this.rates.length > 1) this.root.append(this.rate.root);
    this.root.append(this.words);
    if (nets.length > 1) this.root.append(this.table);
  }

  makeSliders() {
    const { nets, widths, rates } = this;
    // the net with the wished property that shares the other one, or else any with the wished one
    const choose = (own, other) => {
      const both = nets.findIndex((net) => own(net) && other(net));
      this.change(both >= 0 ? both : nets.findIndex(own));
    };
    this.width = slider(
      "width",
      { min: 0, max: widths.length - 1, value: 0, format: (at) => String(widths[at]) },
      (at) =>
        choose(
          (net) => net.width === widths[at],
          (net) => ratesOf(net) === ratesOf(this.now),
        ),
    );
    this.rate = slider(
      "dilation",
      { min: 0, max: rates.length - 1, value: 0, format: (at) => rates[at] },
      (at) =>
        choose(
          (net) => ratesOf(net) === rates[at],
          (net) => net.width === this.now.width,
        ),
    );
    this.rate.root.classList.add("dsconv-pad-rates");
  }

  makeTable() {
    const { nets } = this;
    this.body = element("tbody");
    const heads = ["network", "weights", "multiply-adds", "reach", "reads", "probability"];
    const head = element("tr", {}, ...heads.map((words) => element("th", { scope: "col" }, words)));
    const table = element("table", {}, element("thead", {}, head), this.body);
    const region = { tabindex: 0, role: "region", "aria-label": "All networks" };
    return element(
      "details",
      { class: "dsconv-pad-all", ontoggle: () => this.change(nets.indexOf(this.now)) },
      element("summary", {}, `What all ${nets.length} networks read in it`),
      element("div", { class: "dsconv-pad-scroll", ...region }, table),
    );
  }

  draw(net, picture) {
    this.now = net;
    this.width.set(this.widths.indexOf(net.width));
    this.rate.set(this.rates.indexOf(ratesOf(net)));
    this.words.textContent =
      `${net.name}: ${grouped(net.params)} weights, ${grouped(net.macs)} multiply-adds for one digit. ` +
      `A pixel of its last maps sees ${net.reach} × ${net.reach} pixels of the picture.`;
    if (this.table.open) this.body.replaceChildren(...this.nets.map((one) => this.line(one, picture)));
  }

  line(net, picture) {
    const { probabilities } = forward(net, picture);
    const winner = winnerOf(probabilities);
    const numbers = [grouped(net.params), grouped(net.macs), `${net.reach} × ${net.reach}`];
    const cells = [...numbers, winner, percent(probabilities[winner])];
    return element(
      "tr",
      { "aria-current": net === this.now ? "true" : false },
      element("th", { scope: "row" }, net.name),
      ...cells.map((cell) => element("td", {}, String(cell))),
    );
  }
}
