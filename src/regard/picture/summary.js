// What the pictures show, in sentences: for those who listen, and as the text alternative of every picture.

import { decimals } from "./cell.js";
import { shownIn } from "./drawings.js";
import { wordsOf } from "./reasons.js";
import { at, KIND_NAMES } from "./trace.js";

const MOST = 3;
const LEAST = 0.01;

/** Which head this is. */
export function headName({ state }) {
  return `${KIND_NAMES[state.kind]}, layer ${state.layer}, head ${state.head}`;
}

/** Where the selected query looks, in one sentence. */
export function whereItLooks(view) {
  const { grouped } = view;
  const { row } = grouped.selected;
  const found = ranked(grouped, row);
  const name = grouped.queries.spoken[row];
  if (found.length === 0) return `${name} may look at nothing.`;
  const shown = found
    .slice(0, MOST)
    .filter((column, place) => place === 0 || at(grouped.weights, row, column) >= LEAST);
  const listed = shown.map((column) => `${grouped.keys.spoken[column]} ${decimals(at(grouped.weights, row, column))}`);
  const rest = found.slice(shown.length).reduce((sum, column) => sum + at(grouped.weights, row, column), 0);
  return `${name} looks most at ${listed.join(", ")}${rest >= LEAST ? `; ${decimals(rest)} goes to others` : ""}.`;
}

/** The columns a query may look at, the largest weight first. */
function ranked({ weights, codes }, row) {
  const columns = Array.from({ length: weights.columns }, (_, column) => column);
  const visible = columns.filter((column) => at(codes, row, column) === 0);
  return visible.sort((one, other) => at(weights, row, other) - at(weights, row, one));
}

/** The text alternative of a panel. */
export function describe(view, step) {
  const { pieces, grouped, extents, head } = view;
  const size = `${pieces.queries.labels.length} queries (rows) by ${pieces.keys.labels.length} keys (columns)`;
  const numHidden = pieces.codes.data.reduce((sum, code) => sum + (code !== 0), 0);
  const hidden = `${numHidden} of ${pieces.codes.data.length} cells hidden`;
  return (
    {
      scores: `Scores, ${size}, between −${decimals(extents.scores)} and ${decimals(extents.scores)}.`,
      mask: `Mask, ${size}: ${hidden}.`,
      weights: `Weights, ${grouped.queries.labels.length} by ${grouped.keys.labels.length}. ${whereItLooks(view)}`,
      output: `Output, ${head.context.rows} queries (rows) by ${head.context.columns} features (columns).`,
    }[step] + ` ${headName(view)}. The table below has the numbers.`
  );
}

/** What a change of the selection is announced with. */
export function announced(view) {
  const { state, head } = view;
  const { queries, keys, codes, weights, selected } = shownIn(view, state.step);
  const { row, column } = selected;
  const code = at(codes, row, column);
  const said = {
    scores: () => `score ${decimals(at(head.scores, row, column))}`,
    mask: () => (code === 0 ? "visible" : `hidden: ${wordsOf(code)}`),
    weights: () => (code === 0 ? `weight ${decimals(at(weights, row, column))}` : `hidden: ${wordsOf(code)}`),
    output: () => `output ${state.column}: ${decimals(at(head.context, row, state.column))}`,
  }[state.step]();
  return `${headName(view)}. ${queries.labels[row]}, key ${keys.labels[column]}: ${said}.`;
}
