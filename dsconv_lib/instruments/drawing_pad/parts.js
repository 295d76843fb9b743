// The parts of the drawing pad above its maps. Each is made once and returns {root, draw(...)}.

import { colourOf, element, grouped, number, slider } from "../shared/dom.js";
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
    "aria-label": `${name}; arrow keys ask single pixels`,
    class: "dsconv-pad-map",
  });
  const mark = element("span", { class: "dsconv-pad-mark", hidden: true });
  const words = element("p", { class: "dsconv-note dsconv-pad-told", "aria-live": "polite" });
  const stage = element("div", { class: "dsconv-pad-stage", style: `width:${size}px` }, canvas, mark);
  const root = element("div", { class: "dsconv-pad-probe", style: `width:${size}px` }, stage, words);
  let place = null;
  const show = (span = 1) => {
    mark.hidden = !place;
    words.textContent = place ? tell(place.row, place.column) : "Point at a pixel, or use arrow keys.";
    if (!place) return;
    const { width, height } = canvas;
    const half = (span - 1) / 2;
    Object.assign(mark.style, {
      left: `${(100 * (place.column - half)) / width}%`,
      top: `${(100 * (place.row - half)) / height}%`,
      width: `${(100 * span) / width}%`,
      height: `${(100 * span) / height}%`,
    });
  };
  let span = 1;
  const go = (row, column) => {
    place = {
      row: Math.max(0, Math.min(canvas.height - 1, row)),
      column: Math.max(0, Math.min(canvas.width - 1, column)),
    };
    show(span);
  };
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
    if (place) go(place.row + step[0], place.column + step[1]);
    else go(canvas.height >> 1, canvas.width >> 1);
  });
  return {
    root,
    stage,
    draw(values, height, width, most, marked = 1) {
      if (place && (place.row >= height || place.column >= width)) place = null;
      span = marked;
      tint(canvas, values, height, width, most);
      show(span);
    },
    forget() {
      place = null;
      show();
    },
  };
}

// The pad itself. begin, extend and end are told places in pixels of the 28 × 28 frame.
export function inkPad({ begin, extend, end, undo }) {
  const keys = "Arrow keys move the pen, space puts it down or lifts it.";
  const canvas = element("canvas", {
    class: "dsconv-pad-canvas",
    tabindex: 0,
    role: "application",
    "aria-roledescription": "drawing pad",
    "aria-label": `Drawing pad. ${keys}`,
  });
  const cursor = element("span", { class: "dsconv-pad-cursor", hidden: true });
  const words = element(
    "p",
    { class: "dsconv-note", "aria-live": "polite" },
    `Mouse, pen or finger. ${keys}`,
  );
  const root = element("div", { class: "dsconv-pad-stage dsconv-pad-paper" }, canvas, cursor);
  let held = null;
  let down = false;
  const at = { x: FRAME / 2, y: FRAME / 2 };
  const placeOf = (event) => {
    const frame = canvas.getBoundingClientRect();
    const inside = (value) => Math.max(-3, Math.min(FRAME + 3, Math.round(value * FRAME * 100) / 100));
    return [
      inside((event.clientX - frame.left) / frame.width),
      inside((event.clientY - frame.top) / frame.height),
    ];
  };
  const lift = () => {
    if (down) {
      down = false;
      cursor.classList.remove("dsconv-pad-down");
      end();
    }
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || held !== null) return;
    lift();
    cursor.hidden = true;
    held = event.pointerId;
    canvas.setPointerCapture(held);
    begin(placeOf(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== held) return;
    const pieces = event.getCoalescedEvents?.() ?? [];
    for (const piece of pieces.length ? pieces : [event]) extend(placeOf(piece));
  });
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, (event) => {
      if (event.pointerId === held) {
        held = null;
        end();
      }
    });
  }
  canvas.addEventListener("blur", lift);
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (event.key === "z" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      lift();
      undo();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || held !== null) return;
    if (event.key === "Escape") lift();
    else if (event.key === " ") {
      if (down) lift();
      else {
        down = true;
        begin([at.x, at.y]);
      }
    } else if (step) {
      at.x = Math.max(0, Math.min(FRAME, at.x + step[0]));
      at.y = Math.max(0, Math.min(FRAME, at.y + step[1]));
      if (down) extend([at.x, at.y]);
    } else return;
    event.preventDefault();
    cursor.hidden = false;
    cursor.classList.toggle("dsconv-pad-down", down);
    Object.assign(cursor.style, { left: `${(100 * at.x) / FRAME}%`, top: `${(100 * at.y) / FRAME}%` });
    words.textContent = `Pen ${down ? "down" : "up"} at column ${at.x}, row ${at.y} of ${FRAME}. ${keys}`;
  });
  return {
    root,
    words,
    draw(ink, erasing) {
      tint(canvas, ink, INK_SIDE, INK_SIDE, 1, true);
      const share = (100 * (erasing ? ERASER : PEN)) / FRAME;
      Object.assign(cursor.style, { width: `${share}%`, height: `${share}%` });
    },
  };
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

// Which network reads: sliders over the widths and rates that were given, and what each one costs.
export function netsView(nets, change) {
  const key = (net) => net.dilations.join(", ");
  const widths = [...new Set(nets.map((net) => net.width))].sort((a, b) => a - b);
  const rates = [...new Set(nets.map(key))].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  let now = nets[0];
  const wanted = (own, other) => nets.findIndex((net) => own(net) && other(net));
  const choose = (own, other) => {
    const both = wanted(own, other);
    change(both >= 0 ? both : wanted(own, () => true));
  };
  const width = slider(
    "width",
    { min: 0, max: widths.length - 1, value: 0, format: (at) => String(widths[at]) },
    (at) =>
      choose(
        (net) => net.width === widths[at],
        (net) => key(net) === key(now),
      ),
  );
  const rate = slider(
    "dilation",
    { min: 0, max: rates.length - 1, value: 0, format: (at) => rates[at] },
    (at) =>
      choose(
        (net) => key(net) === rates[at],
        (net) => net.width === now.width,
      ),
  );
  rate.root.classList.add("dsconv-pad-rates");
  const words = element("p", { class: "dsconv-note" });
  const body = element("tbody");
  const heads = ["network", "weights", "multiply-adds", "reach", "reads", "probability"];
  const table = element(
    "details",
    { class: "dsconv-pad-all", ontoggle: () => change(nets.indexOf(now)) },
    element("summary", {}, `What all ${nets.length} networks read in it`),
    element(
      "div",
      { class: "dsconv-pad-scroll", tabindex: 0, role: "region", "aria-label": "All networks" },
      element(
        "table",
        {},
        element(
          "thead",
          {},
          element("tr", {}, ...heads.map((head) => element("th", { scope: "col" }, head))),
        ),
        body,
      ),
    ),
  );
  const root = element(
    "div",
    { class: "dsconv-pad-nets" },
    element("p", { class: "dsconv-pad-title" }, "The network that reads it"),
  );
  if (widths.length > 1) root.append(width.root);
  if (rates.length > 1) root.append(rate.root);
  root.append(words);
  if (nets.length > 1) root.append(table);
  return {
    root,
    draw(net, picture) {
      now = net;
      width.set(widths.indexOf(net.width));
      rate.set(rates.indexOf(key(net)));
      words.textContent =
        `${net.name}: ${grouped(net.params)} weights, ${grouped(net.macs)} multiply-adds for one digit. ` +
        `A pixel of its last maps sees ${net.reach} × ${net.reach} pixels of the picture.`;
      if (!table.open) return;
      body.replaceChildren(
        ...nets.map((one) => {
          const { probabilities } = forward(one, picture);
          const winner = winnerOf(probabilities);
          const cells = [
            grouped(one.params),
            grouped(one.macs),
            `${one.reach} × ${one.reach}`,
            winner,
            percent(probabilities[winner]),
          ];
          return element(
            "tr",
            { "aria-current": one === net ? "true" : false },
            element("th", { scope: "row" }, one.name),
            ...cells.map((cell) => element("td", {}, String(cell))),
          );
        }),
      );
    },
  };
}
