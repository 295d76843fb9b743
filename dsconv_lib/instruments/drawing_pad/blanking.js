// Which part counts: a square of paper is laid on every place, and the network reads again.

import { largest } from "../shared/colours.js";
import { button, element, slider } from "../shared/dom.js";
import { FRAME, forward, occlude, winnerOf } from "./network.js";
import { percentWords, probe, tint } from "./parts.js";

const SLICE = 8; // milliseconds of blanking between two frames
const START = "Blank a square at every place";
const INVITE = "A square of paper is laid on every place, and the network reads again.";

// answer() gives {net, picture, square}; resize(square) is told a new side.
export class Blanking {
  job = 0;
  done = null;

  constructor(squares, answer, resize) {
    this.answer = answer;
    this.largestSquare = squares.at(-1);
    this.map = probe("how the probability falls", 196, (row, column) => this.tell(row, column));
    const places = { max: FRAME * FRAME, value: 0, "aria-label": "places blanked" };
    this.progress = element("progress", { ...places, hidden: true });
    this.words = element("p", { class: "dsconv-note", "aria-live": "polite" });
    this.press = button(START, () => (this.job ? this.stop() : this.run()));
    this.ghost = element("canvas", { class: "dsconv-pad-ghost", "aria-hidden": "true" });
    this.map.stage.append(this.ghost);
    const ends = { min: squares[0], max: squares.at(-1), step: 2, value: 5 };
    this.side = slider("square", { ...ends, format: (value) => `${value} × ${value}` }, resize);
    this.root = element(
      "div",
      { class: "dsconv-pad-part" },
      element("p", { class: "dsconv-pad-title" }, "Which part counts?"),
      this.side.root,
      element(
        "div",
        { class: "dsconv-pad-row" },
        this.map.root,
        element("div", { class: "dsconv-pad-blank" }, this.press, this.progress, this.words),
      ),
    );
    this.stop();
  }

  tell(row, column) {
    const { probabilities, winner, falls } = this.done;
    const was = probabilities[winner];
    const [from, to] = [was, was - falls[row * FRAME + column]].map(percentWords);
    return `Blank around row ${row}, column ${column}: the ${winner} goes from ${from} to ${to}.`;
  }

  reset(text) {
    cancelAnimationFrame(this.job);
    this.job = 0;
    this.done = null;
    this.progress.hidden = this.map.root.hidden = true;
    this.press.textContent = START;
    this.words.textContent = text;
  }

  stop() {
    this.reset(INVITE);
  }

  run() {
    const { net, picture, square } = this.answer();
    const { probabilities } = forward(net, picture);
    const falls = new Float32Array(FRAME * FRAME);
    const places = occlude(net, picture, square, falls);
    this.press.textContent = "Stop";
    this.progress.hidden = false;
    this.words.textContent = "Blanking…";
    this.map.root.hidden = true;
    const slice = () => {
      const until = performance.now() + SLICE;
      do {
        const { value, done } = places.next();
        if (done)
          return this.finish({ probabilities, winner: winnerOf(probabilities), falls, square, picture });
        this.progress.value = value + 1;
      } while (performance.now() <= until);
      this.job = requestAnimationFrame(slice);
    };
    this.job = requestAnimationFrame(slice);
  }

  finish(result) {
    this.reset("");
    this.done = result;
    const { falls, square, picture } = result;
    this.map.root.hidden = false;
    this.map.forget();
    this.map.draw(falls, FRAME, FRAME, Math.max(0.02, largest(falls)), square);
    tint(this.ghost, picture, FRAME, FRAME, 1, true);
    this.words.textContent = this.sentence(result);
  }

  sentence({ probabilities, winner, falls, square }) {
    const worst = falls.indexOf(Math.max(...falls));
    const was = probabilities[winner];
    if (falls[worst] < 0.01) {
      return (
        `Wherever a square of ${square} × ${square} pixels is blanked, the probability of ${winner} ` +
        "falls by less than one percentage point." +
        (square < this.largestSquare ? " Try a larger square." : "")
      );
    }
    const place = `row ${Math.floor(worst / FRAME)}, column ${worst % FRAME}`;
    return (
      `The probability of ${winner} falls most where ${place} is blanked: from ${percentWords(was)} ` +
      `to ${percentWords(was - falls[worst])}. Purple is a fall, gold a rise.`
    );
  }

  draw(square) {
    this.side.set(square);
  }
}
