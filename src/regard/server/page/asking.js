// The sentence, the model and the choices of a translation: fields that the address keeps, and the trace they ask for.

import { put, valueOf } from "./address.js";
import { element } from "./element.js";
import { read, traced } from "./server.js";

const FIRST = "The cat sat on the mat because it was tired.";
const KEPT = 8;

let served = null;

/** The served models. */
export async function models() {
  served ??= await read("api/models");
  return served;
}

/** What the address asks for. `mark` tells the two sides of a comparison apart; the second is the first until it says more. */
export async function asked(mark = "") {
  const { name } = await modelAsked(mark);
  return { text: textAsked(mark), beam_size: Number(valueOf("beam", 1)) || 1, model: name };
}

function textAsked(mark) {
  return valueOf(`text${mark}`, valueOf("text", FIRST));
}

/** The model that the address names. A name that is not served any more names none. */
async function modelAsked(mark) {
  const all = await models();
  const named = (name) => all.find((each) => each.name === valueOf(name));
  return named(`model${mark}`) ?? named("model") ?? all[0];
}

const made = new Map();

/** The source of what is asked, made once and kept for the other screens. */
export async function sourceFor(wish, options = {}) {
  const name = JSON.stringify(wish);
  if (!made.has(name)) {
    made.set(name, await traced(wish, options));
    if (made.size > KEPT) made.delete(made.keys().next().value);
  }
  return made.get(name);
}

/** Forgets what was made and served, for when the server has forgotten it. */
export function forget() {
  served = null;
  made.clear();
}

/** A labelled field. */
export function field(label, input, note = null) {
  return element("label", { class: "field" }, element("span", {}, label), input, note);
}

/** A text field that the address keeps under `name`. */
export function textField(label, name, { value, rows = 1, ...more } = {}) {
  const input = element(rows > 1 ? "textarea" : "input", { name, rows: rows > 1 ? rows : null, autocomplete: "off", ...more });
  input.value = valueOf(name, value ?? "");
  input.addEventListener("input", () => put({ [name]: input.value }));
  return { input, root: field(label, input) };
}

/** A number that the address keeps; empty means none. */
export function numberField(label, name, { min = 0, max = 64 } = {}) {
  const input = element("input", { type: "number", name, min, max, inputmode: "numeric" });
  input.value = valueOf(name);
  input.addEventListener("input", () => put({ [name]: input.value || null }));
  return { input, root: field(label, input), value: () => (input.value === "" ? null : Number(input.value)) };
}

/** A box to tick that the address keeps. */
export function tick(label, name, isOn = false) {
  const input = element("input", { type: "checkbox", name });
  input.checked = valueOf(name, isOn ? "yes" : "") === "yes";
  input.addEventListener("change", () => put({ [name]: input.checked ? "yes" : isOn ? "no" : null }));
  return { input, root: element("label", { class: "tick" }, input, ` ${label}`) };
}

/** Which model, where there is a choice. */
export async function modelField(mark = "") {
  const all = await models();
  const options = all.map((each) =>
    element("option", { value: each.name }, `${each.name} · ${each.source.name} → ${each.target.name}`),
  );
  const name = `model${mark}`;
  const select = element("select", { name }, ...options);
  select.value = (await modelAsked(mark)).name;
  select.addEventListener("change", () => put({ [name]: select.value }));
  return { select, root: all.length > 1 ? field("Model", select) : null, chosen: () => all[select.selectedIndex] };
}

/** The sentence. */
export function sentenceField(language, mark = "") {
  return textField("Sentence", `text${mark}`, { value: textAsked(mark), rows: 2, maxlength: 2000, lang: language });
}
