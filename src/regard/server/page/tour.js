// The tour: eight stops, each a sentence or two and the screen where it can be seen. The keyboard alone is enough.

import { hashWith, put, valueOf } from "./address.js";
import { element, fill } from "./element.js";

const CAT = "The cat sat on the mat because it was tired.";
const STOPS = [
  ["Word by word", "The translator writes one word after another. At each place it gives every word it knows a probability, and takes the best.", "watch", { text: CAT }],
  ["Looking", "Before it writes, each word looks at others. Scores say how well a query fits a key: one product of two vectors for each pair, divided by √d.", "inspect", { text: CAT, kind: "encoder.self", step: "scores" }],
  ["Not everybody may be seen", "A mask turns scores into minus infinity. Here nobody sees a later word: the upper triangle is dark.", "masks", { causal: "yes", step: "mask", pads: null }],
  ["Padding", "Shorter sentences are filled up. Pads are keys that nobody may see, so they change nothing.", "masks", { causal: null, pads: "2", step: "mask" }],
  ["Weights", "The softmax turns each row of scores into shares of one. What was hidden gets exactly nothing.", "masks", { causal: "yes", pads: "2", step: "weights" }],
  ["Output", "Each word takes up the values of those it looked at, mixed by the weights.", "inspect", { text: CAT, kind: "encoder.self", step: "output" }],
  ["Which word translates which", "In cross-attention the translation looks at the sentence. Some heads find the word that is being translated.", "inspect", { text: CAT, kind: "decoder.cross", step: "weights" }],
  ["A weight is not a reason", "Switch a head off, and see what becomes of the translation and of its probabilities.", "whatif", { text: CAT, heads: "decoder.0.cross.0" }],
];

/** The screen. */
export async function tour() {
  const body = element("section", { class: "stop" });
  const buttons = element("div", { class: "row" });
  const visit = (place, hasFocus = false) => {
    put({ stop: place });
    const [title, text, screen, values] = STOPS[place];
    const heading = element("h2", { tabindex: "-1" }, `${place + 1} of ${STOPS.length}: ${title}`);
    const link = element("a", { class: "action", href: hashWith({ ...values, screen, stop: place }) }, "See it");
    fill(body, heading, element("p", { class: "lead" }, text), element("p", {}, link));
    fill(buttons, step("Back", place - 1, visit), step("Next", place + 1, visit));
    if (hasFocus) heading.focus();
  };
  visit(Math.max(0, Math.min(Number(valueOf("stop", 0)) || 0, STOPS.length - 1)));
  const list = element("ol", { class: "stops" }, ...STOPS.map(([title], place) => element("li", {}, element("button", { type: "button", class: "quiet", onclick: () => visit(place, true) }, title))));
  return [element("h1", {}, "A tour in eight stops"), body, buttons, list];
}

function step(text, place, visit) {
  const isThere = place >= 0 && place < STOPS.length;
  return element("button", { type: "button", class: "quiet", disabled: !isThere, onclick: () => visit(place, true) }, text);
}
