// The keyboard map: what each key does, the listener, and the list of keys behind the question mark.

import { element } from "./element.js";
import { STEPS } from "./state.js";

const KINDS = { e: "encoder.self", d: "decoder.self", c: "decoder.cross" };
const ROWS = [
  ["← → ↑ ↓", "move in the table, in a strip, in the overview"],
  ["1 2 3 4", "scores, mask, weights, output"],
  ["e d c", "encoder, decoder, cross-attention"],
  ["h H", "next, previous head"],
  ["l L", "next, previous layer"],
  ["w", "by word, or by piece"],
  ["t", "go to the table"],
  ["?", "these keys"],
];

/** What a key changes in a state; null if nothing. */
export function changeOf(key, state) {
  if (key in KINDS) return { kind: KINDS[key] };
  if (/^[1-4]$/.test(key)) return { step: STEPS[Number(key) - 1] };
  if (key === "h" || key === "H") return { head: state.head + (key === "h" ? 1 : -1) };
  if (key === "l" || key === "L") return { layer: state.layer + (key === "l" ? 1 : -1) };
  if (key === "w") return { by: state.by === "word" ? "piece" : "word" };
  return null;
}

/** Listens on the page until `signal` is aborted; returns the button and the list of keys that it opens. */
export function keyboard(store, goToTable, { signal } = {}) {
  const isOn = element("input", { type: "checkbox", id: "regard-keys", checked: true });
  const list = help(isOn);
  const button = element(
    "button",
    { type: "button", class: "keys", onclick: () => list.showModal() },
    "Keys ",
    element("kbd", {}, "?"),
  );
  const listen = (event) => {
    if (isOn.checked && !isForSomebodyElse(event, list)) press(event, { store, list, goToTable });
  };
  document.addEventListener("keydown", listen, { signal });
  return { button, list };
}

function isForSomebodyElse(event, list) {
  const isTyped = event.target.matches("input:not([type=checkbox]), textarea, select, [contenteditable]");
  return event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || isTyped || list.open;
}

function press(event, { store, list, goToTable }) {
  if (event.key === "?") list.showModal();
  else if (event.key === "t") goToTable();
  else {
    const change = changeOf(event.key, store.state);
    if (change === null) return;
    store.change(change);
  }
  event.preventDefault();
}

function help(isOn) {
  const rows = ROWS.map(([keys, what]) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, ...keys.split(" ").map((key) => element("kbd", {}, key))),
      element("td", {}, what),
    ),
  );
  return element(
    "dialog",
    { class: "help", "aria-labelledby": "regard-help" },
    element("h2", { id: "regard-help" }, "Keys"),
    element("table", {}, element("tbody", {}, ...rows)),
    element("p", {}, element("label", { for: "regard-keys" }, isOn, " Single-key shortcuts")),
    element(
      "button",
      { type: "button", class: "close", onclick: (event) => event.target.closest("dialog").close() },
      "Close",
    ),
  );
}
