// A trace as the pictures read it: which attentions there are, what their rows and columns are called.
//
// A source gives the trace; where it comes from is its own affair:
//   header                trace.json as it stands in a *.trace.zip
//   mask(name)            Uint8Array, the codes of a mask
//   thumbnail(key, head)  {rows, columns, data: Uint8Array}, weights as 0..255, small
//   load(key, head)       a promise of {queries, keys, values, scores, weights, context}, matrices of float32
// A matrix is {rows, columns, data}.

import { legible } from "./element.js";

export const KINDS = ["encoder.self", "decoder.self", "decoder.cross"];
export const KIND_NAMES = {
  "encoder.self": "Encoder self-attention",
  "decoder.self": "Decoder self-attention",
  "decoder.cross": "Cross-attention",
};
const SPECIAL = { bos: "⟨start⟩", eos: "⟨end⟩", pad: "∅", unk: "⟨unknown⟩" };

/** What can be asked of a trace without loading a head. */
export class TraceView {
  constructor(source) {
    this.source = source;
    this.header = source.header;
    const isEmpty = (entry) => this.count(entry.query_tokens) === 0 || this.count(entry.key_tokens) === 0;
    this.attentions = this.header.attentions.filter((entry) => !isEmpty(entry));
  }

  /** How many tokens a row of tokens has. */
  count(row) {
    return this.header.tokens[row].length;
  }

  /** The kinds of attention that were recorded, in reading order. */
  get kinds() {
    return KINDS.filter((kind) => this.attentions.some((each) => each.attention === kind));
  }

  /** The attentions of one kind, by layer. */
  ofKind(kind) {
    return this.attentions.filter((each) => each.attention === kind).sort((one, other) => one.layer - other.layer);
  }

  /** The attention of a kind and a layer; the nearest recorded layer where that one is not there. */
  attention(kind, layer) {
    const found = this.ofKind(kind).length > 0 ? this.ofKind(kind) : this.ofKind(this.kinds[0]);
    const distance = (each) => Math.abs(each.layer - layer);
    return found.reduce((best, each) => (distance(each) < distance(best) ? each : best));
  }

  /** The tokens of the queries and of the keys of an attention, with what the pictures call them. */
  sides(attention) {
    return { queries: this.side(attention.query_tokens, true), keys: this.side(attention.key_tokens, false) };
  }

  side(name, isQuery) {
    const tokens = this.header.tokens[name];
    const names = namesOf(tokens);
    const quoted = quotedNames(tokens);
    const outputs = isQuery && name === "target_in" ? quotedNames(this.header.tokens.target_out) : null;
    return {
      name,
      language: this.header.model[name === "source" ? "source_language" : "target_language"],
      tokens,
      names,
      quoted,
      outputs,
      labels: outputs === null ? names : quoted.map((one, place) => `after ${one} → ${outputs[place]}`),
      short: outputs === null ? names : names.map((one, place) => `${one} → ${outputs[place].replaceAll('"', "")}`),
    };
  }

  /** The codes of one head as a matrix: 0 where the query may look. */
  codes(attention, head) {
    const rows = this.count(attention.query_tokens);
    const columns = this.count(attention.key_tokens);
    const codes = this.source.mask(attention.mask);
    const isPerHead = this.header.masks[attention.mask].axes.includes("head");
    const start = isPerHead ? head * rows * columns : 0;
    return { rows, columns, data: codes.subarray(start, start + rows * columns) };
  }
}

/** The shapes of the matrices of one head, by name, in the order in which they are kept. */
export function shapesOf(header, attention) {
  const rows = header.tokens[attention.query_tokens].length;
  const columns = header.tokens[attention.key_tokens].length;
  const sizes = { query: rows, key: columns, head_dim: attention.head_dim, value_dim: attention.value_dim };
  return Object.entries(header.axes).map(([name, [, row, column]]) => [name, sizes[row], sizes[column]]);
}

/** What tokens are called (as in tracing/labels.py): `·` stands before a piece inside a word. */
export function namesOf(tokens) {
  return tokens.map((token, place) => SPECIAL[token.kind] ?? (goesOn(tokens, place) ? "·" : "") + textOf(token));
}

/** The same names, in quotation marks where they are text. */
export function quotedNames(tokens) {
  return namesOf(tokens).map((name, place) => (tokens[place].kind in SPECIAL ? name : `"${name}"`));
}

/** Whether a token, known or unknown, goes on with the word of the token before it (as in tracing/labels.py). */
export function goesOn(tokens, place) {
  const { word } = tokens[place];
  return word !== null && word === tokens[place - 1]?.word;
}

/** The text of a token as it is shown; pieces that are one byte of a character show the byte. */
export function textOf({ piece, text }) {
  return legible(/^<0x..>$/.test(piece) ? piece : text.trim() || text || piece);
}

/** What a piece of the vocabulary is called that stands nowhere in the text. */
export function candidateName({ id, piece }, { source, target_in: entered }) {
  const special = [...source, ...entered].find((token) => token.id === id && token.kind in SPECIAL);
  if (special !== undefined) return SPECIAL[special.kind];
  if (piece.startsWith("▁")) return legible(piece.slice(1)) || "▁";
  return (/^[\p{L}\p{N}]/u.test(piece) ? "·" : "") + legible(piece);
}

/** The number in a row and a column of a matrix. */
export function at(matrix, row, column) {
  return matrix.data[row * matrix.columns + column];
}

/** One row of a matrix. */
export function rowOf(matrix, row) {
  return matrix.data.subarray(row * matrix.columns, (row + 1) * matrix.columns);
}
