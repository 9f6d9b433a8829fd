// The four steps of a head as drawings: what each cell shows, in which colour, and on which scale.

import { decimals } from "./cell.js";
import { scoreColour, weightColour } from "./palette.js";
import { signOf } from "./reasons.js";
import { at } from "./trace.js";

/** What each step is called. */
export const TITLES = { scores: "① Scores", mask: "② Mask", weights: "③ Weights", output: "④ Output" };

/** The formula of a step. */
export function formulaOf(step, { score, scale }) {
  return {
    scores: score === "additive" ? "a small network of q and k" : `Q Kᵀ ${factorOf(scale)}`,
    mask: "scores where a query may look, −∞ elsewhere",
    weights: "softmax over the keys: each row sums to 1",
    output: "weights · V",
  }[step];
}

/** The factor of the scores: `/ √64`, where it is that of a head size. */
export function factorOf(scale) {
  const size = 1 / (scale * scale);
  if (scale === 1) return "";
  return Math.abs(size - Math.round(size)) < 1e-3 ? `/ √${Math.round(size)}` : `· ${decimals(scale, 3)}`;
}

/** The largest size of a finite number of a matrix. */
export function extentOf(matrix) {
  return matrix.data.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 0);
}

/** Rows, columns and codes of a step: words have weights only. */
export function shownIn(view, step) {
  return step === "weights" ? view.grouped : view.pieces;
}

/** What a view shows of a step: a drawing as heatmap.js takes it. */
export function drawingOf(view, step) {
  if (step === "output") return outputDrawing(view);
  const shown = shownIn(view, step);
  const matrix = step === "weights" ? shown.weights : view.head.scores;
  const colour = step === "weights" ? weightsColour(view, matrix) : scoresColour(view, matrix);
  return {
    ...axesOf(shown),
    colour,
    sign: (row, column) => (step === "scores" ? "" : signOf(at(shown.codes, row, column))),
    text: (row, column, digits) => numberOf(at(matrix, row, column), digits),
    selected: shown.selected,
  };
}

function axesOf(shown) {
  return {
    rows: shown.queries.labels.length,
    columns: shown.keys.labels.length,
    rowLabels: shown.queries.labels,
    shortLabels: shown.queries.short,
    columnLabels: shown.keys.labels,
    isPad: { rows: shown.queries.isPad, columns: shown.keys.isPad },
    axes: "query ↓ key →",
  };
}

function outputDrawing(view) {
  const matrix = view.head.context;
  return {
    rows: matrix.rows,
    columns: matrix.columns,
    rowLabels: view.pieces.queries.labels,
    shortLabels: view.pieces.queries.short,
    columnLabels: Array.from({ length: matrix.columns }, (_, column) => String(column)),
    isPad: { rows: view.pieces.queries.isPad, columns: [] },
    axes: "query ↓ feature →",
    colour: scoresColour(view, matrix, view.extents.values),
    sign: () => "",
    text: (row, column, digits) => numberOf(at(matrix, row, column), digits),
    selected: { row: view.state.query, column: view.state.step === "output" ? view.state.column : null },
  };
}

function scoresColour(view, matrix, extent = view.extents.scores) {
  return (row, column) => {
    const value = at(matrix, row, column);
    return Number.isNaN(value) ? null : scoreColour(view.palette, value, extent);
  };
}

function weightsColour(view, matrix) {
  return (row, column) => {
    const value = at(matrix, row, column);
    return Number.isNaN(value) ? null : weightColour(view.palette, value);
  };
}

/** A number with so many decimals (null: not at all); nothing where nothing was computed. */
export function numberOf(value, digits) {
  return Number.isNaN(value) || digits === null ? "" : decimals(value, digits);
}
