// The page: one screen at a time, chosen by the address.

import { go, valueOf } from "./address.js";
import { compare } from "./compare.js";
import { element, fill } from "./element.js";
import { followed } from "./followed.js";
import { inspect } from "./inspect.js";
import { masks } from "./masks.js";
import { problem } from "./notice.js";
import { tour } from "./tour.js";
import { watch } from "./watch.js";
import { whatIf } from "./whatif.js";
import { why } from "./why.js";

const SCREENS = {
  watch: ["Translate", watch],
  inspect: ["Inspect", inspect],
  masks: ["Masks", masks],
  why: ["Why?", why],
  whatif: ["What if", whatIf],
  compare: ["Compare", compare],
  follow: ["Follow", followed],
  tour: ["Tour", tour],
};

const root = document.getElementById("screen");
let leave = null;

function current() {
  const name = valueOf("screen", "watch");
  return name in SCREENS ? name : "watch";
}

function tabs() {
  const made = Object.entries(SCREENS).map(([name, [title]]) =>
    element("li", {}, element("a", { href: `#screen=${name}`, "data-screen": name, onclick: follow }, title)),
  );
  fill(document.getElementById("tabs"), ...made);
}

/** A tab keeps the sentence and the model of the address. */
function follow(event) {
  event.preventDefault();
  go({ screen: event.currentTarget.dataset.screen });
}

/** Skips the tabs, without the address of the link: that would forget what this one carries. */
function skip(event) {
  event.preventDefault();
  root.focus();
}

function mark(name) {
  for (const link of document.querySelectorAll("#tabs a")) {
    if (link.dataset.screen === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${SCREENS[name][0]} · Regard`;
}

async function show(isFirst = false) {
  const name = current();
  leave?.abort();
  leave = new AbortController();
  mark(name);
  const { signal } = leave;
  fill(root, element("p", { class: "note" }, "…"));
  if (!isFirst) root.focus({ preventScroll: true });
  try {
    const parts = await SCREENS[name][1](signal);
    if (!signal.aborted) fill(root, ...parts);
  } catch (error) {
    if (!signal.aborted) fill(root, problem(error));
  }
}

tabs();
document.querySelector(".skip").addEventListener("click", skip);
window.addEventListener("hashchange", () => show()); // never what `put` wrote: a tab, a link, or somebody who went back
window.addEventListener("retry", () => show());
show(true);
