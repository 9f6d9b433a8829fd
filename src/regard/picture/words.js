// Pieces put together to words: weights are summed over the pieces of a key and averaged over those of a query.

import { legible } from "./element.js";
import { goesOn, namesOf } from "./trace.js";

/** The rule in words, for wherever grouped numbers are shown. */
export const RULE = "By word: weights are summed over the pieces of a key and averaged over the pieces of a query.";

/** Groups of places, one per word; a token that belongs to no word is a group of its own. */
export function groupsOf(tokens) {
  const groups = [];
  tokens.forEach((_, place) => {
    if (goesOn(tokens, place)) groups[groups.length - 1].push(place);
    else groups.push([place]);
  });
  const names = namesOf(tokens);
  const nameOf = (places) => (places.length === 1 ? names[places[0]] : wordOf(places.map((place) => tokens[place])));
  return groups.map((places) => ({ places, name: nameOf(places) }));
}

/** The text that pieces cover together; byte pieces of one character all cover it. */
function wordOf(pieces) {
  let text = "";
  let reached = -1;
  for (const { span, text: shown } of pieces.filter((piece) => piece.span !== null)) {
    text += Array.from(shown)
      .slice(Math.max(0, reached - span[0]))
      .join("");
    reached = Math.max(reached, span[1]);
  }
  return legible(text.trim() || text);
}

/** Which group a place belongs to. */
export function groupAt(groups, place) {
  return groups.findIndex((group) => group.places.includes(place));
}

/** Weights by word, from weights by piece. */
export function weightsByWord(weights, queryGroups, keyGroups) {
  const grouped = {
    rows: queryGroups.length,
    columns: keyGroups.length,
    data: new Float64Array(queryGroups.length * keyGroups.length),
  };
  queryGroups.forEach((query, row) => {
    keyGroups.forEach((key, column) => {
      let sum = 0;
      for (const place of query.places)
        for (const other of key.places) sum += weights.data[place * weights.columns + other];
      grouped.data[row * keyGroups.length + column] = sum / query.places.length;
    });
  });
  return grouped;
}

/** Codes by word: a cell is dark only where all of its pieces are, and then for the reasons they share, or else any. */
export function codesByWord(codes, queryGroups, keyGroups) {
  const data = new Uint8Array(queryGroups.length * keyGroups.length);
  queryGroups.forEach((query, row) => {
    keyGroups.forEach((key, column) => {
      const found = query.places.flatMap((place) =>
        key.places.map((other) => codes.data[place * codes.columns + other]),
      );
      const isDark = found.every((code) => code !== 0);
      const shared = found.reduce((common, code) => common & code, 255);
      data[row * keyGroups.length + column] = isDark ? shared || found[0] : 0;
    });
  });
  return { rows: queryGroups.length, columns: keyGroups.length, data };
}
