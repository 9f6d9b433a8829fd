// Follow one word: where it looks in each layer, and which words of the translation look at it.

import { put, valueOf } from "./address.js";
import { asked, modelField, sentenceField, sourceFor } from "./asking.js";
import { decimals } from "./cell.js";
import { element, fill, isolated } from "./element.js";
import { problem } from "./notice.js";
import { roving } from "./roving.js";
import { at, KIND_NAMES, TraceView } from "./trace.js";

const MOST = 3;

/** The screen. */
export async function followed(signal) {
  const model = await modelField();
  const sentence = sentenceField(model.chosen().source.code);
  const strip = element("div", { class: "tokens", role: "radiogroup", "aria-label": "The word to follow" });
  const root = element("div", { class: "sides" });
  let trace = null;
  let turn = 0;
  const follow = async (place) => {
    const mine = ++turn; // whoever chooses quickly sees what was chosen last
    put({ follow: place });
    drawStrip(strip, trace, place);
    try {
      const found = await layers(trace, place);
      if (mine === turn) fill(root, ...found);
    } catch (error) {
      if (mine === turn && error.name !== "AbortError") fill(root, problem(error));
    }
  };
  roving(strip, (chosen) => follow(Number(chosen.dataset.place)));
  const show = async (event) => {
    event?.preventDefault();
    try {
      trace = new TraceView(await sourceFor(await asked(), { signal }));
      await follow(Math.max(0, Math.min(Number(valueOf("follow", 1)) || 0, trace.count("source") - 1)));
    } catch (error) {
      if (error.name !== "AbortError") fill(root, problem(error));
    }
  };
  const form = element(
    "form",
    { class: "ask", onsubmit: show },
    sentence.root,
    element("div", { class: "row" }, model.root, element("button", { class: "action" }, "Show")),
  );
  await show();
  return [
    element("h1", {}, "Follow one word"),
    element("p", { class: "lead" }, "Choose a word of the sentence. Each line is one head: the tokens it looks at most, or that look at it most."),
    form,
    strip,
    root,
  ];
}

function drawStrip(strip, trace, place) {
  const { language, tokens, names } = trace.side("source", false);
  const hadFocus = strip.contains(document.activeElement);
  const made = tokens.map((token, each) =>
    element(
      "button",
      {
        type: "button",
        role: "radio",
        class: token.kind === "piece" ? "token" : "token special",
        "aria-checked": String(each === place),
        tabindex: each === place ? "0" : "-1",
        "data-place": each,
        lang: language,
      },
      isolated(names[each], { class: "piece" }),
    ),
  );
  fill(strip, ...made);
  if (hadFocus) strip.children[place].focus({ preventScroll: true });
}

/** One table per kind of attention that has to do with the source. */
async function layers(trace, place) {
  const made = [];
  for (const kind of trace.kinds.filter((each) => each !== "decoder.self")) made.push(await table(trace, kind, place));
  return made;
}

async function table(trace, kind, place) {
  const rows = [];
  for (const attention of trace.ofKind(kind)) {
    for (let head = 0; head < attention.num_heads; head++) {
      const { weights } = await trace.source.load(attention.key, head);
      rows.push(row(trace, attention, { head, weights, place }));
    }
  }
  const isCross = kind === "decoder.cross";
  return element(
    "section",
    { class: "scrolling" },
    element("h2", {}, `${KIND_NAMES[kind]}: ${isCross ? "who looks at it" : "where it looks"}`),
    element(
      "table",
      { class: "numbers followed" },
      element("thead", {}, element("tr", {}, ...["layer", "head", isCross ? "when writing" : "at"].map((each) => element("th", { scope: "col" }, each)))),
      element("tbody", {}, ...rows),
    ),
  );
}

function row(trace, attention, { head, weights, place }) {
  const { queries, keys } = trace.sides(attention);
  const isCross = attention.attention === "decoder.cross";
  const count = isCross ? weights.rows : weights.columns;
  const found = Array.from({ length: count }, (_, other) => ({
    name: isCross ? queries.outputs[other].replaceAll('"', "") : keys.names[other],
    weight: isCross ? at(weights, other, place) : at(weights, place, other),
  }));
  found.sort((one, other) => other.weight - one.weight);
  const language = isCross ? queries.language : keys.language;
  const parts = found.slice(0, MOST).flatMap(({ name, weight }, each) => [each > 0 ? ", " : "", isolated(name, { lang: language }), ` ${decimals(weight)}`]);
  return element("tr", {}, element("th", { scope: "row" }, String(attention.layer)), element("td", {}, String(head)), element("td", { class: "word" }, ...parts));
}
