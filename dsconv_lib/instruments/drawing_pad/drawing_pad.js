// Draw a digit: strokes or an example, what the network gets, what it reads, and every map between.

import {
  announcer,
  button,
  bytes,
  element,
  floats,
  keep,
  largest,
  mount,
  number,
  oncePerFrame,
  slider,
} from "../shared/dom.js";
import { emptyInk, inkOf, inkSegment, mnistForm, plainForm } from "./ink.js";
import { detailView, mapsView } from "./maps.js";
import { FRAME, forward, occlude, readNets, winnerOf } from "./network.js";
import { barsView, figureOf, inkPad, netsView, percentWords, probe, samplesView, tint } from "./parts.js";

const SQUARES = [3, 11]; // sides of the square that is blanked, in pixels of the frame; odd
const SLICE = 8; // milliseconds of blanking between two frames

function movedWords({ scale, moved: [right, down] }) {
  const along = (value, plus, less) => `${number(Math.abs(value), 1)} ${value < 0 ? less : plus}`;
  return `Scaled by ${number(scale)}, moved ${along(right, "right", "left")} and ${along(down, "down", "up")} pixels. The dashed square is 20\u00a0×\u00a020.`;
}

function uncentredWords(net, centred) {
  const words = "As it was drawn: neither scaled nor moved.";
  if (!centred) return words;
  const { probabilities } = forward(net, centred.picture);
  const winner = winnerOf(probabilities);
  return `${words} Centred, it is read as a ${winner}: ${percentWords(probabilities[winner])}.`;
}

function blankingView(answer, resize) {
  let job = 0;
  let done = null;
  const map = probe("how the probability falls", 196, (row, column) => {
    const { probabilities, winner, falls } = done;
    const was = probabilities[winner];
    return `Blank around row ${row}, column ${column}: the ${winner} goes from ${percentWords(was)} to ${percentWords(was - falls[row * FRAME + column])}.`;
  });
  const progress = element("progress", {
    max: FRAME * FRAME,
    value: 0,
    "aria-label": "places blanked",
    hidden: true,
  });
  const words = element("p", { class: "dsconv-note", "aria-live": "polite" });
  const press = button("Blank a square at every place", () => (job ? stop() : run()));
  const ghost = element("canvas", { class: "dsconv-pad-ghost", "aria-hidden": "true" });
  map.stage.append(ghost);
  const side = slider(
    "square",
    { min: SQUARES[0], max: SQUARES[1], step: 2, value: 5, format: (value) => `${value} × ${value}` },
    resize,
  );
  const root = element(
    "div",
    { class: "dsconv-pad-part" },
    element("p", { class: "dsconv-pad-title" }, "Which part counts?"),
    side.root,
    element(
      "div",
      { class: "dsconv-pad-row" },
      map.root,
      element("div", { class: "dsconv-pad-blank" }, press, progress, words),
    ),
  );
  const shown = map.root;
  const invite = "A square of paper is laid on every place, and the network reads again.";
  const reset = (text) => {
    cancelAnimationFrame(job);
    job = 0;
    done = null;
    progress.hidden = shown.hidden = true;
    press.textContent = "Blank a square at every place";
    words.textContent = text;
  };
  const stop = () => reset(invite);
  const finish = (result) => {
    reset("");
    done = result;
    const { probabilities, winner, falls, square, picture } = done;
    const worst = falls.indexOf(Math.max(...falls));
    const was = probabilities[winner];
    shown.hidden = false;
    map.forget();
    map.draw(falls, FRAME, FRAME, Math.max(0.02, largest(falls)), square);
    tint(ghost, picture, FRAME, FRAME, 1, true);
    const place = `row ${Math.floor(worst / FRAME)}, column ${worst % FRAME}`;
    words.textContent =
      falls[worst] < 0.01
        ? `Wherever a square of ${square} × ${square} pixels is blanked, the probability of ${winner} falls by less than one percentage point.${square < SQUARES[1] ? " Try a larger square." : ""}`
        : `The probability of ${winner} falls most where ${place} is blanked: from ${percentWords(was)} to ${percentWords(was - falls[worst])}. Orange is a fall, blue a rise.`;
  };
  const run = () => {
    const { net, picture, square } = answer();
    const { probabilities } = forward(net, picture);
    const falls = new Float32Array(FRAME * FRAME);
    const places = occlude(net, picture, square, falls);
    press.textContent = "Stop";
    progress.hidden = false;
    words.textContent = "Blanking…";
    shown.hidden = true;
    const slice = () => {
      const until = performance.now() + SLICE;
      for (;;) {
        const { value, done: whole } = places.next();
        if (whole) return finish({ probabilities, winner: winnerOf(probabilities), falls, square, picture });
        progress.value = value + 1;
        if (performance.now() > until) break;
      }
      job = requestAnimationFrame(slice);
    };
    job = requestAnimationFrame(slice);
  };
  stop();
  return {
    root,
    stop,
    draw(square) {
      side.set(square);
    },
  };
}

function readState(model, nets) {
  const base = floats(model.get("base"));
  const strokes = model.get("strokes");
  const net = nets[model.get("net")];
  if (base.length && base.length !== FRAME * FRAME)
    throw new RangeError(`a picture of ${base.length} pixels, but 784 are needed`);
  if (!base.every((ink) => ink >= 0 && ink <= 1)) throw new RangeError("a picture with ink outside 0 to 1");
  if (!net) throw new RangeError(`net ${model.get("net")} was asked for, but there are ${nets.length}`);
  const sound = ({ points }) =>
    Array.isArray(points) && points.length > 1 && points.length % 2 === 0 && points.every(Number.isFinite);
  if (!strokes.every(sound)) throw new RangeError("a stroke whose points are not pairs of numbers");
  return {
    base: base.length ? base : null,
    strokes,
    net,
    centred: model.get("centred"),
    erasing: model.get("erasing"),
    layer: model.get("layer"),
    channel: model.get("channel"),
    square: model.get("square"),
  };
}

function drawingPad(root, model, store) {
  const nets = readNets(model.get("header"), floats(model.get("weights")));
  const labels = model.get("labels");
  const stored = bytes(model.get("samples"));
  if (stored.length !== labels.length * FRAME * FRAME)
    throw new RangeError(`${stored.length} bytes for ${labels.length} examples`);
  const samples = labels.map((_, place) =>
    Float32Array.from(
      stored.subarray(place * FRAME * FRAME, (place + 1) * FRAME * FRAME),
      (value) => value / 255,
    ),
  );
  const history = [];
  let state = readState(model, nets);
  let ink = inkOf(state.strokes, state.base);
  let seen = null;
  let form = null;
  let drawing = false;
  let fresh = false;

  const see = () => {
    // what the network gets; `fresh` until the ink or the switch changes
    if (fresh) return;
    const { base, strokes, centred } = state;
    fresh = true;
    form = null;
    if (base && !strokes.length) seen = base;
    else if (base || !centred) seen = plainForm(ink);
    else {
      form = mnistForm(ink);
      seen = form?.picture ?? new Float32Array(FRAME * FRAME);
    }
  };
  const said = announcer();
  const seenCanvas = element("canvas", { class: "dsconv-pad-map", role: "img" });
  const seenWords = element("p", { class: "dsconv-note" });
  const pad = inkPad({ begin, extend, end, undo });
  const bars = barsView();
  const blanking = blankingView(
    () => ({ net: state.net, picture: seen, square: state.square }),
    (square) => {
      store({ square });
      read();
    },
  );
  const picks = samplesView(samples, labels, (place) => change({ base: samples[place], strokes: [] }));
  const netPanel = netsView(nets, (place) => {
    const layers = forward(nets[place], seen).layers;
    const found = layers.find(({ name }) => name === state.layer);
    const kept = found && state.channel < found.output.channels;
    store({ net: place, ...(found ? {} : { layer: "block 1 depthwise" }), ...(kept ? {} : { channel: 0 }) });
    read();
  });
  const maps = mapsView((layer, channel) => {
    store({ layer: forward(state.net, seen).layers[layer].name, channel });
    read();
  });
  const detail = detailView();
  const tool = (words, erasing) =>
    button(words, () => {
      store({ erasing });
      read();
    });
  const pen = tool("Pen", false);
  const eraser = tool("Eraser", true);
  const centring = element("input", {
    type: "checkbox",
    onchange: () => {
      store({ centred: centring.checked });
      settle();
    },
  });

  const redraw = () => {
    see();
    const { layers, probabilities } = forward(state.net, seen);
    const winner = winnerOf(probabilities);
    const chosen = Math.max(
      0,
      layers.findIndex(({ name }) => name === state.layer),
    );
    const channel = Math.min(state.channel, layers[chosen].output.channels - 1);
    const empty = !seen.some((value) => value > 0);
    pad.draw(ink, state.erasing);
    tint(seenCanvas, seen, FRAME, FRAME, 1, true);
    bars.draw(probabilities);
    maps.draw(layers, seen, chosen, channel);
    detail.draw(layers[chosen], channel);
    netPanel.draw(state.net, seen);
    picks.draw(
      state.strokes.length
        ? -1
        : samples.findIndex((one) => state.base && one.every((value, at) => value === state.base[at])),
    );
    pen.setAttribute("aria-pressed", String(!state.erasing));
    eraser.setAttribute("aria-pressed", String(state.erasing));
    centring.checked = state.centred;
    blanking.draw(state.square);
    seenWords.textContent = state.base
      ? "This picture came in MNIST’s form. It is read as it stands."
      : empty
        ? "Nothing is drawn."
        : form
          ? movedWords(form)
          : uncentredWords(state.net, drawing ? null : mnistForm(ink));
    const second = winnerOf(probabilities.map((share, digit) => (digit === winner ? -1 : share)));
    const reading =
      `The network reads a ${winner}: its probability is ${percentWords(probabilities[winner])}. ` +
      `Next comes a ${second}: ${percentWords(probabilities[second])}.`;
    seenCanvas.setAttribute(
      "aria-label",
      empty ? "what the network gets: an empty picture" : "what the network gets, 28 × 28 pixels",
    );
    said.say(empty ? `Nothing is drawn, and the network answers all the same. ${reading}` : reading);
  };
  const soon = oncePerFrame(() => {
    if (root.isConnected) guarded(redraw);
  });
  const guarded = (job) => {
    try {
      job();
    } catch (error) {
      root.dispatchEvent(new CustomEvent("failed", { detail: error }));
    }
  };

  function report() {
    const bytesOf = (values) => new DataView(Float32Array.from(values ?? []).buffer);
    see();
    store({ base: bytesOf(state.base), strokes: state.strokes, seen: bytesOf(seen) });
  }
  function remember() {
    history.push({ base: state.base, strokes: state.strokes });
    if (history.length > 100) history.shift();
  }
  function settle() {
    state.centred = centring.checked;
    fresh = false;
    blanking.stop();
    report();
    soon();
  }
  function change(next) {
    remember();
    Object.assign(state, next);
    ink = inkOf(state.strokes, state.base);
    settle();
  }
  function undo() {
    if (!history.length) return said.say("There is nothing to undo.");
    Object.assign(state, history.pop());
    ink = inkOf(state.strokes, state.base);
    settle();
  }
  function begin(place) {
    remember();
    if (!state.erasing && !state.strokes.length && state.base) {
      state.base = null;
      ink = emptyInk();
    }
    state.strokes = [...state.strokes, { erase: state.erasing, points: [...place] }];
    drawing = true;
    inkSegment(ink, place, place, state.erasing);
    fresh = false;
    blanking.stop();
    soon();
  }
  function extend(place) {
    const { points, erase } = state.strokes[state.strokes.length - 1];
    const before = points.slice(-2);
    if (Math.hypot(place[0] - before[0], place[1] - before[1]) < 0.1) return;
    points.push(...place);
    inkSegment(ink, before, place, erase);
    fresh = false;
    soon();
  }
  function end() {
    drawing = false;
    report();
    soon();
  }
  // What the model holds now: a trait set from Python, or by another view of this instrument.
  function read() {
    const before = state;
    const next = readState(model, nets);
    const same = (a, b) => a === b || (a && b && a.every((value, at) => value === b[at]));
    if (drawing) Object.assign(next, { base: before.base, strokes: before.strokes });
    const redrawn =
      !same(next.base, before.base) || JSON.stringify(next.strokes) !== JSON.stringify(before.strokes);
    if (redrawn) {
      remember();
      ink = inkOf(next.strokes, next.base);
    }
    const stale =
      redrawn || next.net !== before.net || next.square !== before.square || next.centred !== before.centred;
    state = next;
    if (stale) {
      fresh = false;
      blanking.stop();
      centring.checked = state.centred;
      report();
    }
    redraw();
  }

  const frame = element(
    "div",
    { class: "dsconv-pad-stage dsconv-pad-seen" },
    seenCanvas,
    element("span", { class: "dsconv-pad-box", "aria-hidden": "true" }),
  );
  root.append(
    element(
      "div",
      { class: "dsconv-pad-row" },
      figureOf(
        "Draw a digit",
        pad.root,
        element(
          "div",
          { class: "dsconv-pad-tools", role: "group", "aria-label": "Tools" },
          pen,
          eraser,
          button("Undo", undo),
          button("Clear", () => change({ base: null, strokes: [] })),
        ),
        pad.words,
      ),
      figureOf(
        "What the network gets",
        frame,
        element("label", { class: "dsconv-pad-switch" }, centring, element("span", {}, "centre and scale")),
        seenWords,
      ),
      bars.root,
    ),
    said.root,
    picks.root,
    netPanel.root,
    blanking.root,
    element("p", { class: "dsconv-pad-title dsconv-pad-way" }, "Every map on the way"),
    element(
      "p",
      { class: "dsconv-note" },
      "From left to right. Each map is scaled by its own largest value: orange above zero, blue below, white at zero. Press a map to see what makes it.",
    ),
    maps.root,
    detail.root,
  );
  redraw();
  const told = floats(model.get("seen"));
  if (!seen.every((value, at) => value === told[at])) report();
  return { read, stop: blanking.stop };
}

const REBUILD = ["header", "weights", "samples", "labels"];
const REDRAW = ["net", "layer", "channel", "centred", "square", "erasing", "base", "strokes"];

export default {
  render({ model, el }) {
    let pad = null;
    let own = false;
    const store = (settings) => {
      own = true;
      try {
        keep(model, settings);
      } finally {
        own = false;
      }
    };
    const failed = (error) => {
      pad?.stop();
      pad = null;
      mount(el, "The drawing pad", () => {
        throw error;
      });
    };
    const start = () => {
      pad?.stop();
      pad =
        mount(el, "The drawing pad", (root) => {
          root.addEventListener("failed", ({ detail: error }) => failed(error));
          return drawingPad(root, model, store);
        }) ?? null;
    };
    const heard = () => {
      if (own) return;
      if (!pad) return start();
      try {
        pad.read();
      } catch (error) {
        failed(error);
      }
    };
    const events = (names) => names.map((name) => `change:${name}`).join(" ");
    model.on(events(REBUILD), start);
    model.on(events(REDRAW), heard);
    start();
    return () => {
      pad?.stop();
      model.off(events(REBUILD), start);
      model.off(events(REDRAW), heard);
    };
  },
};
