// Everything the pictures show for one selection, worked out once per change: labels, words, scales.

import { extentOf } from "./drawings.js";
import { codesByWord, groupAt, groupsOf, weightsByWord } from "./words.js";

/** What is shown of the selected head, whose matrices are in `head`. */
export function viewOf(trace, state, head, palette) {
  const attention = trace.attention(state.kind, state.layer);
  const sides = trace.sides(attention);
  const codes = trace.codes(attention, state.head);
  const pieces = byPiece(sides, codes, head.weights, state);
  return {
    trace,
    state,
    attention,
    head,
    palette,
    sides,
    codes,
    pieces,
    grouped: state.by === "word" ? byWord(sides, codes, head.weights, state) : pieces,
    extents: { scores: extentOf(head.scores), values: extentOf(head.values) },
  };
}

function byPiece(sides, codes, weights, state) {
  const axis = (side) => ({
    labels: side.labels,
    short: side.short,
    spoken: side.outputs === null ? side.quoted : side.labels,
    isPad: side.tokens.map((token) => token.kind === "pad"),
    places: side.tokens.map((_, place) => [place]),
  });
  return {
    queries: axis(sides.queries),
    keys: axis(sides.keys),
    codes,
    weights,
    selected: { row: state.query, column: state.key },
  };
}

function byWord(sides, codes, weights, state) {
  const queries = groupsOf(sides.queries.tokens);
  const keys = groupsOf(sides.keys.tokens);
  return {
    queries: wordAxis(queries, sides.queries),
    keys: wordAxis(keys, sides.keys),
    codes: codesByWord(codes, queries, keys),
    weights: weightsByWord(weights, queries, keys),
    selected: { row: groupAt(queries, state.query), column: groupAt(keys, state.key) },
  };
}

/** Words as rows or columns; the decoder's rows say what comes after their last piece. */
function wordAxis(groups, side) {
  const isPad = groups.map(({ places }) => side.tokens[places[0]].kind === "pad");
  const isText = (places) => places.length > 1 || side.tokens[places[0]].kind === "piece";
  const names = groups.map(({ places, name }) => (isText(places) ? `"${name}"` : name));
  const outputs = groups.map(({ places }) =>
    side.outputs === null ? "" : ` → ${side.outputs[places[places.length - 1]]}`,
  );
  const after = side.outputs === null ? "" : "after ";
  const spoken = names.map((name, place) => `${after}${name}${outputs[place]}`);
  const labels = side.outputs === null ? groups.map(({ name }) => name) : spoken;
  const short = groups.map(({ name }, place) => `${name}${outputs[place]}`.replaceAll('"', ""));
  return { labels, short, spoken, isPad, places: groups.map(({ places }) => places) };
}
