// The arithmetic of one cell, in numbers and as sentences: the same as tracing/cell.py, with which tests compare it.

import { shortened } from "./element.js";
import { wordsOf } from "./reasons.js";
import { at, rowOf } from "./trace.js";

const WIDEST_NAME = 32;
const MOST_EXPONENT = 600;

/** Everything that one query and one key come to in the head that a view shows. */
export function cellOf({ head, codes, attention, sides }, query, key) {
  const scores = rowOf(head.scores, query);
  const code = at(codes, query, key);
  const rowCodes = rowOf(codes, query);
  const largest = scores.reduce((most, score) => Math.max(most, score), -Infinity);
  const shift = Math.abs(largest) > MOST_EXPONENT ? largest : 0;
  const adds = Array.from(rowOf(head.weights, query), (weight, place) => weight * lengthOf(rowOf(head.values, place)));
  const whole = adds.reduce((sum, each) => sum + each, 0);
  return {
    queryName: shortened(sides.queries.quoted[query], WIDEST_NAME),
    keyName: shortened(sides.keys.quoted[key], WIDEST_NAME),
    headSize: head.queries.columns,
    product: attention.score === "dot" ? dot(rowOf(head.queries, query), rowOf(head.keys, key)) : null,
    scale: attention.scale,
    score: scores[key],
    code,
    shift,
    total: totalOf(scores, (place) => rowCodes[place] === 0, shift),
    weight: at(head.weights, query, key),
    weightWithoutMask:
      Math.exp(scores[key] - largest) / totalOf(scores, (place) => (rowCodes[place] & ~code) === 0, largest),
    norm: lengthOf(rowOf(head.values, key)),
    contribution: adds[key],
    share: whole === 0 ? 0 : adds[key] / whole,
  };
}

function dot(one, other) {
  return one.reduce((sum, value, place) => sum + value * other[place], 0);
}

function lengthOf(vector) {
  return Math.sqrt(dot(vector, vector));
}

function totalOf(scores, isCounted, shift) {
  return scores.reduce((sum, score, place) => (isCounted(place) ? sum + Math.exp(score - shift) : sum), 0);
}

/** The cell in one line. */
export function sentenceOf(cell) {
  const parts = cell.code === 0 ? visibleParts(cell) : [hiddenPart(cell)];
  return [scoreSentence(cell), ...parts].join(" · ");
}

/** What the key adds to the output, in one line. */
export function contributionOf({ weight, norm, contribution, share }) {
  const product = `${shown(weight)} · ‖v‖ ${shown(norm)} = ${shown(contribution)}`;
  return `adds ${product}, ${toEven(share * 100, 0)}% of what all keys add`;
}

function scoreSentence({ queryName, keyName, product, score, scale, headSize }) {
  const name = `score(${queryName}→${keyName})`;
  if (product === null) return `${name} = ${shown(score)}`;
  const [factor, formula] = scalingOf(scale, headSize);
  return `${name} = ${formula} = ${shown(product)}${factor} = ${shown(score)}`;
}

/** What happens to the product, in numbers and as a formula. */
function scalingOf(scale, headSize) {
  if (Math.abs(scale * Math.sqrt(headSize) - 1) < 1e-6) return [`/${shown(Math.sqrt(headSize))}`, `q·k/√${headSize}`];
  return scale === 1 ? ["", "q·k"] : [` · ${shown(scale)}`, `q·k · ${shown(scale)}`];
}

function visibleParts({ score, shift, total, weight, keyName }) {
  const exponent = shift === 0 ? shown(score) : `(${shown(score)} - ${shown(shift)})`;
  return [
    "visible",
    `weight e^${exponent}/${shown(total)} = ${shown(weight)}`,
    `adds ${shown(weight)} × v(${keyName})`,
  ];
}

function hiddenPart({ code, weightWithoutMask }) {
  return `hidden: ${wordsOf(code)}; without this mask it would take ${shown(weightWithoutMask)}`;
}

/** Three digits that count. */
export function shown(number) {
  if (number === 0) return "0";
  const exponential = (value) => value.toExponential(2);
  const power = Number(exponential(number).split("e")[1]);
  if (power >= -4 && power < 3) return trimmed(toEven(number, 2 - power));
  const [digits] = toEven(number, 2 - power, exponential).split("e");
  return `${trimmed(digits)}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

/** What lies exactly between two numbers becomes the even one, as in Python; browsers take the larger. */
function toEven(number, digits, write = (value) => value.toFixed(digits)) {
  const text = write(number);
  const step = (digits < 0 ? 10 : 2) ** -digits;
  const isTie = Math.abs(number) % step === step / 2;
  return isTie && /[13579]$/.test(text.split("e")[0]) ? write(number * (1 - Number.EPSILON)) : text;
}

function trimmed(text) {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** A number with some decimals and a real minus sign; never a negative zero. */
export function decimals(value, digits = 2) {
  const text = toEven(value, digits);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}
