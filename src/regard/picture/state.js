// What is selected: one value, which the address of the page carries, so that a link or a reload shows the same.

import { openingOf } from "./opening.js";
import { KINDS } from "./trace.js";

export const STEPS = ["scores", "mask", "weights", "output"];

const START = { kind: "decoder.cross", layer: 0, head: 0, query: 0, key: 0, column: 0, step: "weights", by: "piece" };
const COUNTS = ["layer", "head", "query", "key", "column"];
const CHOICES = { kind: KINDS, step: STEPS, by: ["piece", "word"] };

/** What an address says, as far as it makes sense; the rest is left out. */
export function readHash(hash) {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const read = {};
  for (const name of COUNTS) if (/^\d{1,6}$/.test(given.get(name) ?? "")) read[name] = Number(given.get(name));
  for (const [name, choices] of Object.entries(CHOICES))
    if (choices.includes(given.get(name))) read[name] = given.get(name);
  return read;
}

/** The address of a state; what else an address holds stays. */
export function writeHash(state, hash = "") {
  const written = new URLSearchParams(hash.replace(/^#/, ""));
  for (const name of Object.keys(START)) written.set(name, state[name]);
  return `#${written}`;
}

/** Moves every number of a state to the nearest one that the trace has. */
export function fitted(state, trace) {
  const attention = trace.attention(state.kind, state.layer);
  const limit = (value, count) => Math.max(0, Math.min(value, count - 1));
  return {
    ...state,
    kind: attention.attention,
    layer: attention.layer,
    head: limit(state.head, attention.num_heads),
    query: limit(state.query, trace.count(attention.query_tokens)),
    key: limit(state.key, trace.count(attention.key_tokens)),
    column: limit(state.column, attention.value_dim),
  };
}

/** A store of one state that tells its listeners of every change, and keeps the address in step. */
export class Store {
  constructor(trace, { page = window, signal } = {}) {
    this.trace = trace;
    this.page = page;
    this.listeners = [];
    this.state = fitted({ ...START, ...openingOf(trace), ...readHash(page.location.hash) }, trace);
    page.addEventListener("hashchange", () => this.change(readHash(page.location.hash)), { signal });
  }

  onChange(listener) {
    this.listeners.push(listener);
  }

  /** Changes some parts of the state; `{query: 3}` selects another row. */
  change(parts) {
    const next = fitted({ ...this.state, ...parts }, this.trace);
    if (writeHash(next) === writeHash(this.state)) return;
    this.state = next;
    this.page.history.replaceState(null, "", writeHash(next, this.page.location.hash));
    for (const listener of this.listeners) listener(next);
  }
}
