// Puts the pictures of a trace together and keeps them in step with what is selected.

import { card } from "./card.js";
import { element, fill } from "./element.js";
import { formula } from "./formula.js";
import { keyboard } from "./keyboard.js";
import { overview } from "./overview.js";
import { paletteOf } from "./palette.js";
import { panels } from "./panels.js";
import { Store } from "./state.js";
import { strips } from "./strips.js";
import { announced, headName, whereItLooks } from "./summary.js";
import { numbers, selectionAfter } from "./table.js";
import { TraceView } from "./trace.js";
import { viewOf } from "./view.js";
import { RULE } from "./words.js";

const DARK = "(prefers-color-scheme: dark)";

/**
 * Shows the trace of a source (see trace.js) in `root`, until `signal`, if one is given, is aborted. `onError` is told
 * why the numbers of a head did not come.
 */
export function explore(root, source, { signal, onError = rethrow } = {}) {
  const trace = new TraceView(source);
  if (trace.attentions.length === 0) {
    fill(root, element("p", { class: "nothing" }, "No attention was recorded: there was nothing to translate."));
    return;
  }
  const store = new Store(trace, { signal });
  const parts = partsOf(trace, store, signal);
  fill(root, ...layout(parts));
  follow(store, new Screen(trace, store, parts, { signal, onError }), signal);
}

function rethrow(error) {
  throw error;
}

function partsOf(trace, store, signal) {
  const pick = (change) => store.change(change);
  const table = numbers({ move: (view, rows, columns) => pick(selectionAfter(view, rows, columns)), pick });
  const pickAndGo = (change) => {
    pick(change);
    table.focus();
  };
  return {
    strips: strips(pick),
    overview: overview(trace, pick),
    formula: formula(pick),
    panels: panels(pickAndGo),
    table,
    card: card(),
    reading: reading(),
    words: wordSwitch(pick),
    keyboard: keyboard(store, table.focus, { signal }),
  };
}

function layout({ strips, overview, formula, panels, table, card, reading, words, keyboard }) {
  const tools = element("div", { class: "tools" }, words.root, keyboard.button);
  const side = element("div", { class: "side" }, overview.root, card.root);
  const main = element(
    "div",
    { class: "steps" },
    reading.title,
    tools,
    formula.root,
    strips.root,
    panels.root,
    reading.root,
    table.root,
  );
  return [side, main, keyboard.list];
}

/** The name of the head, what it does in a sentence, and the announcements for those who listen. */
function reading() {
  const title = element("h2", { class: "head-name" });
  const sentence = element("p", { class: "reading" });
  const live = element("p", { class: "unseen", role: "status", "aria-live": "polite" });
  const root = element("div", {}, sentence, live);
  let waiting = 0;
  const update = (view) => {
    title.textContent = headName(view);
    sentence.textContent = whereItLooks(view);
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      live.textContent = announced(view);
    }, 150);
  };
  return { title, root, update };
}

function wordSwitch(pick) {
  const root = element("button", { type: "button", class: "switch", role: "switch", title: RULE }, "By word");
  let isOn = false;
  root.addEventListener("click", () => pick({ by: isOn ? "piece" : "word" }));
  const update = ({ state }) => {
    isOn = state.by === "word";
    root.setAttribute("aria-checked", String(isOn));
  };
  return { root, update };
}

/** Draws the selected head, once its numbers have come. */
class Screen {
  constructor(trace, store, parts, { signal, onError }) {
    Object.assign(this, { trace, store, parts, signal, onError, head: null, name: "" });
    this.palette = paletteOf(window.matchMedia(DARK).matches);
  }

  /** Loads the head if it is another one, then draws; until it has come, the pictures stay those of the last one. */
  async show() {
    const { kind, layer, head } = this.store.state;
    const { key } = this.trace.attention(kind, layer);
    if (`${key}/${head}` !== this.name) await this.load(key, head);
    this.draw();
  }

  /** A slower answer to an older question is dropped, and so is one that nobody waits for any more. */
  async load(key, head) {
    const name = `${key}/${head}`;
    const isOld = () => name !== this.name || this.signal?.aborted;
    Object.assign(this, { name, head: null });
    try {
      const loaded = await this.trace.source.load(key, head);
      if (!isOld()) this.head = loaded;
    } catch (error) {
      if (isOld()) return;
      this.name = "";
      this.onError(error);
    }
  }

  draw() {
    if (this.head === null) return;
    const view = viewOf(this.trace, this.store.state, this.head, this.palette);
    for (const part of Object.values(this.parts)) part.update?.(view);
  }

  paintedFor(isDark) {
    this.palette = paletteOf(isDark);
    this.draw();
  }
}

/** Redraws when the selection, the light or the medium changes. Paper is always light. */
function follow(store, screen, signal) {
  const dark = window.matchMedia(DARK);
  store.onChange(() => screen.show());
  dark.addEventListener("change", () => screen.paintedFor(dark.matches), { signal });
  window.addEventListener("beforeprint", () => screen.paintedFor(false), { signal });
  window.addEventListener("afterprint", () => screen.paintedFor(dark.matches), { signal });
  screen.show();
}
