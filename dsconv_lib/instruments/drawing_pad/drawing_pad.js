// Draw a digit: strokes or an example, what the network gets, what it reads, and every map between.

import {
  announcer,
  button,
  bytes,
  element,
  floats,
  keep,
  mount,
  number,
  oncePerFrame,
} from "../shared/dom.js";
import { Blanking } from "./blanking.js";
import { emptyInk, inkOf, inkSegment, mnistForm, plainForm } from "./ink.js";
import { MapsView, detailView } from "./maps.js";
import { FRAME, forward, readNets, winnerOf } from "./network.js";
import { InkPad, NetsView, barsView, figureOf, percentWords, samplesView, tint } from "./parts.js";

function movedWords({ scale, moved: [right, down] }) {
  const along = (value, plus, less) => `${number(Math.abs(value), 1)} ${value < 0 ? less : plus}`;
  return (
    `Scaled by ${number(scale)}, moved ${along(right, "right", "left")} and ${along(down, "down", "up")} ` +
    "pixels. The dashed square is 20\u00a0×\u00a020."
  );
}

function uncentredWords(net, centred) {
  const words = "As it was drawn: neither scaled nor moved.";
  if (!centred) return words;
  const { probabilities } = forward(net, centred.picture);
  const winner = winnerOf(probabilities);
  return `${words} Centred, it is read as a ${winner}: ${percentWords(probabilities[winner])}.`;
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

function readSamples(model, labels) {
  const stored = bytes(model.get("samples"));
  const size = FRAME * FRAME;
  if (stored.length !== labels.length * size)
    throw new RangeError(`${stored.length} bytes for ${labels.length} examples`);
  return labels.map((_, place) =>
    Float32Array.from(stored.subarray(place * size, (place + 1) * size), (value) => value / 255),
  );
}

const same = (a, b) => a === b || (a && b && a.every((value, at) => value === b[at]));
const bytesOf = (values) => new DataView(Float32Array.from(values ?? []).buffer);

class DrawingPad {
  history = [];
  seen = null; // the picture that the network gets
  form = null; // how it was scaled and moved, if it was
  fresh = false; // `seen` is older than the ink or the switch until this is true
  drawing = false;

  // store(settings) keeps them in the model without being told of it
  constructor(root, model, store) {
    this.root = root;
    this.model = model;
    this.store = store;
    this.fixed = model.get("fixed");
    this.nets = readNets(model.get("header"), floats(model.get("weights")), this.fixed);
    const labels = model.get("labels");
    this.samples = readSamples(model, labels);
    this.state = readState(model, this.nets);
    this.ink = inkOf(this.state.strokes, this.state.base);
    this.soon = oncePerFrame(() => this.redrawWhereShown());
    this.makeViews(labels);
    this.makeTools();
    this.lay();
    this.redraw();
    const told = floats(model.get("seen"));
    if (!this.seen.every((value, at) => value === told[at])) this.report();
  }

  makeViews(labels) {
    this.said = announcer();
    this.seenCanvas = element("canvas", { class: "dsconv-pad-map", role: "img" });
    this.seenWords = element("p", { class: "dsconv-note" });
    this.pad = new InkPad({
      begin: (place) => this.begin(place),
      extend: (place) => this.extend(place),
      end: () => this.end(),
      undo: () => this.undo(),
    });
    this.bars = barsView();
    const answer = () => ({ net: this.state.net, picture: this.seen, square: this.state.square });
    this.blanking = new Blanking(this.fixed.squares, answer, (square) => this.set({ square }));
    this.picks = samplesView(this.samples, labels, (place) =>
      this.change({ base: this.samples[place], strokes: [] }),
    );
    this.netPanel = new NetsView(this.nets, (place) => this.choose(place));
    this.maps = new MapsView((layer, channel) =>
      this.set({ layer: forward(this.state.net, this.seen).layers[layer].name, channel }),
    );
    this.detail = detailView();
  }

  makeTools() {
    const tool = (words, erasing) => button(words, () => this.set({ erasing }));
    this.pen = tool("Pen", false);
    this.eraser = tool("Eraser", true);
    this.centring = element("input", {
      type: "checkbox",
      onchange: () => {
        this.store({ centred: this.centring.checked });
        this.settle();
      },
    });
  }

  lay() {
    const box = element("span", { class: "dsconv-pad-box", "aria-hidden": "true" });
    const frame = element("div", { class: "dsconv-pad-stage dsconv-pad-seen" }, this.seenCanvas, box);
    const tools = element(
      "div",
      { class: "dsconv-pad-tools", role: "group", "aria-label": "Tools" },
      this.pen,
      this.eraser,
      button("Undo", () => this.undo()),
      button("Clear", () => this.change({ base: null, strokes: [] })),
    );
    const words = element("span", {}, "centre and scale");
    const centring = element("label", { class: "dsconv-pad-switch" }, this.centring, words);
    this.root.append(
      element(
        "div",
        { class: "dsconv-pad-row" },
        figureOf("Draw a digit", this.pad.root, tools, this.pad.words),
        figureOf("What the network gets", frame, centring, this.seenWords),
        this.bars.root,
      ),
      this.said.root,
      this.picks.root,
      this.netPanel.root,
      this.blanking.root,
      element("p", { class: "dsconv-pad-title dsconv-pad-way" }, "Every map on the way"),
      element(
        "p",
        { class: "dsconv-note" },
        "From left to right. Each map is scaled by its own largest value: purple above zero, gold below, " +
          "white at zero. Press a map to see what makes it.",
      ),
      this.maps.root,
      this.detail.root,
    );
  }

  see() {
    if (this.fresh) return;
    const { base, strokes, centred } = this.state;
    this.fresh = true;
    this.form = null;
    if (base && !strokes.length) this.seen = base;
    else if (base || !centred) this.seen = plainForm(this.ink);
    else {
      this.form = mnistForm(this.ink);
      this.seen = this.form?.picture ?? new Float32Array(FRAME * FRAME);
    }
  }

  redraw() {
    this.see();
    const { state, seen } = this;
    const { layers, probabilities } = forward(state.net, seen);
    const found = layers.findIndex(({ name }) => name === state.layer);
    const chosen = Math.max(0, found);
    const channel = Math.min(state.channel, layers[chosen].output.channels - 1);
    this.pad.draw(this.ink, state.erasing);
    tint(this.seenCanvas, seen, FRAME, FRAME, 1, true);
    this.bars.draw(probabilities);
    this.maps.draw(layers, seen, chosen, channel);
    this.detail.draw(layers[chosen], channel);
    this.netPanel.draw(state.net, seen);
    const picked = this.samples.findIndex((one) => state.base && same(one, state.base));
    this.picks.draw(state.strokes.length ? -1 : picked);
    this.pen.setAttribute("aria-pressed", String(!state.erasing));
    this.eraser.setAttribute("aria-pressed", String(state.erasing));
    this.centring.checked = state.centred;
    this.blanking.draw(state.square);
    this.speak(probabilities);
  }

  speak(probabilities) {
    const { base, net } = this.state;
    const empty = !this.seen.some((value) => value > 0);
    const drawn = () =>
      this.form ? movedWords(this.form) : uncentredWords(net, this.drawing ? null : mnistForm(this.ink));
    const given = "This picture came in MNIST’s form. It is read as it stands.";
    this.seenWords.textContent = base ? given : empty ? "Nothing is drawn." : drawn();
    const winner = winnerOf(probabilities);
    const second = winnerOf(probabilities.map((share, digit) => (digit === winner ? -1 : share)));
    const reading =
      `The network reads a ${winner}: its probability is ${percentWords(probabilities[winner])}. ` +
      `Next comes a ${second}: ${percentWords(probabilities[second])}.`;
    const gets = empty ? "an empty picture" : "28 × 28 pixels";
    this.seenCanvas.setAttribute("aria-label", `what the network gets${empty ? ":" : ","} ${gets}`);
    this.said.say(empty ? `Nothing is drawn, and the network answers all the same. ${reading}` : reading);
  }

  redrawWhereShown() {
    if (!this.root.isConnected) return;
    try {
      this.redraw();
    } catch (error) {
      this.root.dispatchEvent(new CustomEvent("failed", { detail: error }));
    }
  }

  set(settings) {
    this.store(settings);
    this.read();
  }

  // Another net; a layer or a map that it does not have gives way to one that it has.
  choose(place) {
    const { layer, channel } = this.state;
    const found = forward(this.nets[place], this.seen).layers.find(({ name }) => name === layer);
    const kept = found && channel < found.output.channels;
    const instead = { ...(found ? {} : { layer: "block 1 depthwise" }), ...(kept ? {} : { channel: 0 }) };
    this.set({ net: place, ...instead });
  }

  report() {
    this.see();
    const { base, strokes } = this.state;
    this.store({ base: bytesOf(base), strokes, seen: bytesOf(this.seen) });
  }

  remember() {
    this.history.push({ base: this.state.base, strokes: this.state.strokes });
    if (this.history.length > 100) this.history.shift();
  }

  settle() {
    this.state.centred = this.centring.checked;
    this.fresh = false;
    this.blanking.stop();
    this.report();
    this.soon();
  }

  show(picture) {
    Object.assign(this.state, picture);
    this.ink = inkOf(this.state.strokes, this.state.base);
    this.settle();
  }

  change(picture) {
    this.remember();
    this.show(picture);
  }

  undo() {
    if (!this.history.length) return this.said.say("There is nothing to undo.");
    this.show(this.history.pop());
  }

  begin(place) {
    const { state } = this;
    this.remember();
    if (!state.erasing && !state.strokes.length && state.base) {
      state.base = null;
      this.ink = emptyInk();
    }
    state.strokes = [...state.strokes, { erase: state.erasing, points: [...place] }];
    this.drawing = true;
    inkSegment(this.ink, place, place, state.erasing);
    this.fresh = false;
    this.blanking.stop();
    this.soon();
  }

  extend(place) {
    const { points, erase } = this.state.strokes.at(-1);
    const before = points.slice(-2);
    if (Math.hypot(place[0] - before[0], place[1] - before[1]) < 0.1) return;
    points.push(...place);
    inkSegment(this.ink, before, place, erase);
    this.fresh = false;
    this.soon();
  }

  end() {
    this.drawing = false;
    this.report();
    this.soon();
  }

  // What the model holds now: a trait set from Python, or by another view of this instrument.
  read() {
    const before = this.state;
    const next = readState(this.model, this.nets);
    if (this.drawing) Object.assign(next, { base: before.base, strokes: before.strokes });
    const strokes = JSON.stringify(next.strokes) !== JSON.stringify(before.strokes);
    const redrawn = strokes || !same(next.base, before.base);
    if (redrawn) {
      this.remember();
      this.ink = inkOf(next.strokes, next.base);
    }
    const stale = redrawn || ["net", "square", "centred"].some((name) => next[name] !== before[name]);
    this.state = next;
    if (stale) {
      this.fresh = false;
      this.blanking.stop();
      this.centring.checked = next.centred;
      this.report();
    }
    this.redraw();
  }

  stop() {
    this.blanking.stop();
  }
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
          return new DrawingPad(root, model, store);
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
