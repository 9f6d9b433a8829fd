// The whole formula in one line; each step is a button, and the active one is marked.

import { factorOf, TITLES } from "./drawings.js";
import { element, fill } from "./element.js";

/** The formula; `pick({step})` is called when somebody chooses a part of it. */
export function formula(pick) {
  const root = element("p", { class: "whole-formula" });
  const update = ({ state, attention }) => {
    const part = (step, text) => partOf(step, text, state.step === step, pick);
    const scores = attention.score === "additive" ? "score(Q, K)" : `Q Kᵀ ${factorOf(attention.scale)}`;
    const made = [
      part("output", "output"),
      " = ",
      part("weights", "softmax"),
      "( ",
      part("mask", "mask"),
      "( ",
      part("scores", scores),
      " ) ) · V",
    ];
    const hadFocus = root.contains(document.activeElement);
    fill(root, ...made);
    if (hadFocus) root.querySelector("[aria-pressed=true]").focus({ preventScroll: true });
  };
  return { root, update };
}

function partOf(step, text, isActive, pick) {
  return element(
    "button",
    { type: "button", "aria-pressed": String(isActive), onclick: () => pick({ step }) },
    element("span", { class: "number" }, TITLES[step][0]),
    ` ${text}`,
  );
}
