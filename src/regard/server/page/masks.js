// Masks: the worked example, one head on a few words, with any combination of masks. No model is needed.

import { valueOf } from "./address.js";
import { numberField, textField, tick } from "./asking.js";
import { element, fill } from "./element.js";
import { pictured } from "./pictured.js";
import { post, sourceOf } from "./server.js";

const WORDS = "The cat sat on the mat";

/** The screen. */
export async function masks(signal) {
  const words = textField("Words", "words", { value: WORDS, maxlength: 300, lang: "en" });
  const causal = tick("No looking ahead (causal)", "causal");
  const numbers = {
    pad: numberField("Pads", "pads"),
    window: numberField("Window", "window"),
    prefix: numberField("Prefix", "prefixwords"),
    seed: numberField("Seed", "seed", { max: 999 }),
  };
  const segments = textField("Sentences", "segments", { placeholder: "3,3", size: 6, inputmode: "numeric" });
  const root = element("div", { class: "explorer" });
  const note = element("p", { class: "note" });
  const pictures = pictured(root, signal);
  const show = async () => {
    const asked = {
      text: words.input.value,
      causal: causal.input.checked,
      pad: numbers.pad.value() ?? 0,
      window: numbers.window.value(),
      prefix: numbers.prefix.value(),
      seed: numbers.seed.value() ?? 0,
      segments: segments.input.value.trim() === "" ? null : segments.input.value.split(/[,\s]+/).filter(Boolean).map(Number),
    };
    try {
      const source = await sourceOf((await post("api/toy", asked, signal)).id);
      fill(note, sentenceOf(asked));
      pictures.show(source);
    } catch (error) {
      if (error.name !== "AbortError") pictures.refuse(error);
    }
  };
  const row = element("div", { class: "row" }, causal.root, ...Object.values(numbers).map((each) => each.root), segments.root);
  const form = element("form", { class: "ask", onsubmit: (event) => event.preventDefault(), onchange: show }, words.root, row);
  if (valueOf("kind") === "") window.history.replaceState(null, "", `${window.location.hash}&step=mask`);
  await show();
  return [
    element("h1", {}, "Who may look at whom"),
    element("p", { class: "lead" }, "One head on a few words, with random vectors in the place of learned ones. What the masks do to them is what they do in every model here."),
    form,
    note,
    root,
  ];
}

function sentenceOf({ pad, causal, window, prefix, segments }) {
  const told = [
    pad > 0 ? `the ${pad} pads behind the words are seen by nobody` : null,
    causal ? "nobody sees a later word" : null,
    window === null ? null : `nobody sees further than ${window} words`,
    prefix === null ? null : `the first ${prefix} words are seen by all, later ones only from themselves on`,
    segments === null ? null : `the row holds ${segments.length} sentences, which do not see each other`,
  ].filter((each) => each !== null);
  if (told.length === 0) return "No mask: everybody sees everybody. Tick a box, or give a number.";
  const text = told.join("; ");
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}
