// Why a cell of a mask is dark: sums of the bit codes of a trace (the same as attention/marks.py and tracing/cell.py).

// Where several reasons hold, the first of these is drawn.
export const REASONS = [
  { code: 1, sign: "∅", words: "padding" },
  { code: 2, sign: "×", words: "future", because: "future word" },
  { code: 8, sign: "→", words: "later, and not in the prefix" },
  { code: 4, sign: "↔", words: "outside the window" },
  { code: 16, sign: "‖", words: "another sentence" },
  { code: 32, sign: "#", words: "switched off" },
  { code: 64, sign: "≠", words: "another hypothesis" },
];

/** The sign of a dark cell: that of its first reason; empty where the query may look. */
export function signOf(code) {
  return REASONS.find((reason) => (code & reason.code) !== 0)?.sign ?? "";
}

/** All reasons of a code in words; empty where the query may look. */
export function wordsOf(code) {
  const found = REASONS.filter((reason) => (code & reason.code) !== 0).sort((one, other) => one.code - other.code);
  return found.map(({ words, because }) => because ?? words).join(" and ");
}

/** The reasons whose signs are drawn for a list of codes. */
export function reasonsDrawn(codes) {
  const signs = new Set(Array.from(new Set(codes), signOf));
  return REASONS.filter((reason) => signs.has(reason.sign));
}
