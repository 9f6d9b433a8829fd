// The cell card: how one number comes about, and what it does not say.

import { cellOf, contributionOf, decimals, sentenceOf } from "./cell.js";
import { shownIn } from "./drawings.js";
import { element, fill, isolated } from "./element.js";
import { at, candidateName } from "./trace.js";

const NOT_A_REASON =
  "A weight is not a reason. It says how much of a value was mixed in here, not why a word was chosen. " +
  "To see what this head is good for, translate without it: ";

const SHORT = { "encoder.self": "encoder", "decoder.self": "decoder", "decoder.cross": "cross" };

/** The card of the selected cell. */
export function card() {
  const root = element("section", { class: "card", "aria-label": "The selected cell" });
  return { root, update: (view) => fill(root, ...contents(view)) };
}

function contents(view) {
  const { state, sides } = view;
  const shown = shownIn(view, state.step);
  const cell = firstCellOf(view, shown);
  return [
    title(shown, sides),
    ofWords(shown),
    element("p", { class: "sentence" }, isolated(sentenceOf(cell))),
    cell.code === 0 ? element("p", { class: "contribution" }, contributionOf(cell)) : null,
    state.step === "output" ? outputSum(view) : null,
    element(
      "p",
      { class: "warning" },
      NOT_A_REASON,
      element("code", {}, `--without-head ${SHORT[state.kind]}.${state.layer}.${state.head}`),
    ),
    prediction(view),
  ];
}

/** The arithmetic of what is selected; of two words, that of their first pieces. */
function firstCellOf(view, { queries, keys, selected: { row, column } }) {
  return cellOf(view, queries.places[row][0], keys.places[column][0]);
}

function title({ queries, keys, selected: { row, column } }, sides) {
  return element(
    "h2",
    {},
    isolated(queries.labels[row], { lang: sides.queries.language }),
    element("span", { class: "towards" }, " looks at "),
    isolated(keys.spoken[column], { lang: sides.keys.language }),
  );
}

/** The weight of words of several pieces: the arithmetic below is that of two pieces only. */
function ofWords({ queries, keys, weights, codes, selected: { row, column } }) {
  const [numQueries, numKeys] = [queries.places[row].length, keys.places[column].length];
  if (numQueries * numKeys === 1) return null;
  const weight = at(codes, row, column) === 0 ? `weight ${decimals(at(weights, row, column))}` : "hidden";
  const text = `By word: ${weight}, of ${numQueries} × ${numKeys} pieces. The first of them:`;
  return element("p", { class: "contribution" }, text);
}

/** How one number of the output is summed up: the largest terms, and the rest. */
function outputSum({ state, head, sides }) {
  const { query, column } = state;
  const terms = Array.from(sides.keys.names, (name, key) => ({
    name,
    term: at(head.weights, query, key) * at(head.values, key, column),
  }));
  const sorted = terms.sort((one, other) => Math.abs(other.term) - Math.abs(one.term));
  const shown = sorted.slice(0, 3).map(({ name, term }) => `${decimals(term)} (${name})`);
  const rest = sorted.slice(3).reduce((sum, { term }) => sum + term, 0);
  const sum = [...shown, ...(sorted.length > 3 ? [`${decimals(rest)} (others)`] : [])].join(" + ");
  return element(
    "p",
    { class: "contribution" },
    `output ${column} = ${sum} = ${decimals(at(head.context, query, column))}`,
  );
}

/** What the decoder chose in this row, and what else it considered. */
function prediction({ sides, state, trace }) {
  const step = sides.queries.outputs === null ? undefined : trace.header.steps[state.query];
  if (step === undefined) return null;
  const { language } = sides.queries;
  const rows = step.top.map((each) =>
    candidate(each, candidateName(each, trace.header.tokens), { isChosen: each.id === step.id, language }),
  );
  return element("div", { class: "candidates" }, element("h3", {}, "What came next"), element("ol", {}, ...rows));
}

function candidate({ probability }, name, { isChosen, language }) {
  const bar = element("span", { class: "bar", "aria-hidden": "true" }, element("span"));
  bar.firstChild.style.width = `${Math.round(probability * 100)}%`;
  const shown = [isolated(name, { lang: language }), bar, decimals(probability)];
  return element("li", { class: isChosen ? "chosen" : null }, ...shown);
}
