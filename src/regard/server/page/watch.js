// Translate and watch: the words as they are chosen, each with what else was considered; scrub, play, stop.

import { go, put, valueOf } from "./address.js";
import { asked, modelField, sentenceField, sourceFor } from "./asking.js";
import { decimals } from "./cell.js";
import { element, fill, isolated, legible } from "./element.js";
import { problem, say } from "./notice.js";
import { roving } from "./roving.js";
import { fileAt } from "./server.js";

const PACE = 450;
const KEPT = 60_000; // milliseconds for the browser to take a file

/** The screen. */
export async function watch(signal) {
  const model = await modelField();
  const sentence = sentenceField(model.chosen().source.code);
  const stage = new Stage(signal, model);
  const form = element(
    "form",
    { class: "ask", onsubmit: (event) => stage.begin(event) },
    sentence.root,
    element("div", { class: "row" }, model.root, stage.button, stage.stopButton),
  );
  sentence.input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey) stage.begin(event);
  });
  stage.begin();
  return [element("h1", { class: "unseen" }, "Translate and watch"), form, stage.root];
}

/** What is shown of a translation, from its first word to its last. */
class Stage {
  constructor(signal, model) {
    Object.assign(this, { signal, model, steps: [], at: -1, isLive: true, source: null, timer: 0, run: null });
    this.button = element("button", { class: "action" }, "Translate");
    this.stopButton = element("button", { type: "button", class: "quiet", onclick: () => this.stop() }, "Stop");
    this.stopButton.hidden = true;
    this.words = element("div", { class: "written", role: "radiogroup", "aria-label": "The translation, word by word" });
    this.detail = element("div", { class: "detail" });
    this.playButton = element("button", { type: "button", class: "quiet", onclick: () => this.play() });
    this.slider = element("input", { type: "range", min: 0, "aria-label": "Word" });
    this.slider.addEventListener("input", () => this.look(Number(this.slider.value)));
    this.controls = element("div", { class: "row controls" }, this.playButton, this.slider);
    this.after = element("div", { class: "row after" });
    this.root = element("section", { class: "stage" }, this.words, this.controls, this.detail, this.after);
    roving(this.words, (chosen) => this.look(Number(chosen.dataset.place)));
    signal.addEventListener("abort", () => this.stop());
  }

  /** Translates what the fields say. */
  async begin(event) {
    event?.preventDefault();
    this.stop();
    const run = new AbortController();
    Object.assign(this, { run, steps: [], at: -1, isLive: true, source: null });
    this.stopButton.hidden = false;
    fill(this.detail);
    this.draw();
    try {
      const source = await sourceFor(await asked(), { signal: run.signal, onStep: (step) => this.hear(step) });
      if (run === this.run) this.end(source);
    } catch (error) {
      if (error.name !== "AbortError" && run === this.run) fill(this.detail, problem(error));
    }
    if (run === this.run) this.stopButton.hidden = true;
  }

  hear(step) {
    this.steps.push({ ...step, chosen: step.top[0] });
    if (this.isLive) this.at = this.steps.length - 1;
    this.draw();
  }

  /** The trace is whole: it says what was chosen in the end. */
  end(source) {
    this.source = source;
    const { steps, tokens, translation } = source.header;
    this.steps = steps.map((step, place) => ({
      place,
      chosen: { piece: step.piece, probability: step.probability, kind: tokens.target_out[place].kind },
      top: step.top,
      entropy: step.entropy,
    }));
    const asked = Number(valueOf("word", this.steps.length - 1));
    this.at = Math.max(0, Math.min(asked, this.steps.length - 1));
    this.draw();
    say(`Translation: ${translation.text}`);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = 0;
    this.run?.abort();
    this.stopButton.hidden = true;
  }

  look(place) {
    this.isLive = false;
    this.at = place;
    put({ word: place });
    this.mark();
  }

  /** Plays the words again at a pace that eyes can follow. */
  play() {
    if (this.timer !== 0) {
      clearInterval(this.timer);
      this.timer = 0;
      this.mark();
      return;
    }
    this.look(this.at >= this.steps.length - 1 ? 0 : this.at);
    this.timer = setInterval(() => {
      if (this.at >= this.steps.length - 1) this.play();
      else this.look(this.at + 1);
    }, PACE);
    this.mark();
  }

  /** Shows the words that there are. */
  draw() {
    const language = this.model.chosen().target.code;
    const hadFocus = this.words.contains(document.activeElement);
    fill(this.words, ...this.steps.map((step, place) => word(step, place, language)));
    fill(this.after, ...(this.source === null ? [] : this.links()));
    this.mark(hadFocus);
  }

  /** Shows which word it is now. No element is replaced: whoever presses or drags one meanwhile still holds it. */
  mark(hadFocus = this.words.contains(document.activeElement)) {
    [...this.words.children].forEach((each, place) => {
      each.classList.toggle("later", place > this.at);
      each.setAttribute("aria-checked", String(place === this.at));
      each.tabIndex = place === this.at ? 0 : -1;
    });
    if (hadFocus) this.words.children[this.at]?.focus({ preventScroll: true });
    this.controls.hidden = this.steps.length < 2;
    this.playButton.textContent = this.timer === 0 ? "Play" : "Pause";
    this.slider.max = this.steps.length - 1;
    this.slider.value = this.at;
    const step = this.steps[this.at];
    if (step !== undefined) fill(this.detail, ...detail(step, this.model.chosen().target.code));
  }

  links() {
    const inspect = element("button", { type: "button", class: "action", onclick: () => go({ screen: "inspect" }) }, "Inspect its attention");
    const file = (form, text) => element("button", { type: "button", class: "quiet", onclick: () => this.save(form) }, text);
    return [inspect, file("html", "Save as a page"), file("zip", "Save the trace")];
  }

  /** Saves the trace as a file. A link to it would do, if it could show the token. */
  async save(form) {
    try {
      keep(await fileAt(`api/traces/${this.source.id}/export/${form}`));
    } catch (error) {
      fill(this.detail, problem(error));
    }
  }
}

/** Hands a file to the browser, which keeps it where it keeps what was downloaded. */
function keep(file) {
  const href = URL.createObjectURL(file);
  element("a", { href, download: file.name }).click();
  setTimeout(() => URL.revokeObjectURL(href), KEPT);
}

function nameOf({ piece, kind }) {
  if (kind === "eos" || piece === "</s>") return "⟨end⟩";
  return legible(piece.replaceAll("▁", " ").trim() || piece);
}

function word({ chosen }, place, language) {
  const name = nameOf(chosen);
  const bar = element("span", { class: "bar", "aria-hidden": "true" }, element("span"));
  bar.firstChild.style.width = `${Math.round(100 * chosen.probability)}%`;
  return element(
    "button",
    {
      type: "button",
      role: "radio",
      class: `token${chosen.piece.startsWith("▁") ? "" : " joined"}`,
      lang: language,
      "aria-label": `${name}, ${percent(chosen.probability)}`,
      "data-place": place,
    },
    isolated(name, { class: "piece" }),
    bar,
  );
}

function percent(probability) {
  return `${Math.round(100 * probability)} %`;
}

/** What else was considered at one step. */
function detail(step, language) {
  const rows = step.top.map((each) => {
    const bar = element("span", { class: "bar", "aria-hidden": "true" }, element("span"));
    bar.firstChild.style.width = `${Math.round(100 * each.probability)}%`;
    const isChosen = each.piece === step.chosen.piece;
    return element("li", { class: isChosen ? "chosen" : null }, isolated(nameOf(each), { lang: language }), bar, decimals(each.probability));
  });
  const count = Math.exp(step.entropy);
  const unsure = `As unsure as between ${decimals(count, 1)} equally likely words.`;
  return [
    element("h2", {}, `Word ${step.place + 1}: the five most probable`),
    element("div", { class: "candidates" }, element("ol", {}, ...rows)),
    element("p", { class: "note" }, unsure),
  ];
}
