// Two translations side by side: their words with probabilities, and one head of both with the signed differences.

import { put, valueOf } from "./address.js";
import { field } from "./asking.js";
import { decimals, shown } from "./cell.js";
import { drawingOf } from "./drawings.js";
import { element, fill, isolated } from "./element.js";
import { paint } from "./heatmap.js";
import { problem } from "./notice.js";
import { paletteOf, scoreColour } from "./palette.js";
import { fitted } from "./state.js";
import { headName } from "./summary.js";
import { KIND_NAMES, TraceView } from "./trace.js";
import { viewOf } from "./view.js";

/** The comparison of two sources; `names` are what the two are called. */
export async function sides(before, after, names) {
  const heads = await headsOf(before, after, names);
  return [words(before.header, after.header, names), ...heads];
}

/** Both translations, word by word. */
function words(before, after, names) {
  const count = Math.max(before.steps.length, after.steps.length);
  const rows = Array.from({ length: count }, (_, place) => {
    const [one, other] = [before.steps[place], after.steps[place]];
    const isSame = chosen(before, one) === chosen(after, other);
    const difference = isSame ? signed(other.probability - one.probability) : "";
    return element(
      "tr",
      { class: isSame ? null : "differs" },
      element("th", { scope: "row" }, String(place + 1)),
      ...cells(before, one),
      ...cells(after, other),
      element("td", {}, difference),
    );
  });
  const head = ["word", names[0], "probability", names[1], "probability", "difference"];
  return element(
    "section",
    { class: "scrolling" },
    element("h2", {}, "What was chosen"),
    element(
      "table",
      { class: "numbers compared" },
      element("thead", {}, element("tr", {}, ...head.map((each) => element("th", { scope: "col" }, each)))),
      element("tbody", {}, ...rows),
    ),
  );
}

/** What a step chose, to compare: two models may know the same number as different words. */
function chosen({ tokens }, step) {
  return step === undefined ? null : JSON.stringify(piecesOf([tokens.target_out[step.i]]));
}

function cells(header, step) {
  if (step === undefined) return [element("td", {}, ""), element("td", {}, "")];
  const token = header.tokens.target_out[step.i];
  const name = token.kind === "eos" ? "⟨end⟩" : token.text || token.piece;
  return [
    element("td", { class: "word" }, isolated(name, { lang: header.model.target_language })),
    element("td", {}, decimals(step.probability, 3)),
  ];
}

function signed(value) {
  return `${value > 0 ? "+" : ""}${decimals(value, 3)}`;
}

/** One head of both, and where rows and columns are the same tokens, the difference. */
async function headsOf(before, after, names) {
  const [one, other] = [new TraceView(before), new TraceView(after)];
  const kinds = one.kinds.filter((kind) => other.kinds.includes(kind));
  if (kinds.length === 0) return [];
  const most = mostChanged(one, other, kinds);
  const kind = select("ckind", kinds.map((each) => [each, KIND_NAMES[each]]), most.kind);
  const layer = select("clayer", one.ofKind(kind.value).map((each) => [each.layer, each.layer]), most.layer);
  const numHeads = one.ofKind(kind.value)[0].num_heads;
  const head = select("chead", Array.from({ length: numHeads }, (_, each) => [each, each]), most.head);
  const root = element("div", { class: "panels three" });
  let turn = 0;
  const show = async () => {
    const mine = ++turn; // whoever chooses quickly sees what was chosen last
    const chosen = { kind: kind.value, layer: Number(layer.value), head: Number(head.value) };
    try {
      const views = await viewsOf([one, other], chosen);
      if (mine === turn) draw(root, views, names);
    } catch (error) {
      if (mine === turn) fill(root, problem(error));
    }
  };
  for (const each of [kind, layer, head]) each.addEventListener("change", show);
  await show();
  const row = element("div", { class: "row" }, field("Attention", kind), field("Layer", layer), field("Head", head));
  return [element("h2", {}, "Where it looked"), row, root];
}

/** Which head changed most, as far as thumbnails tell; the last one's first head where they cannot be compared. */
function mostChanged(one, other, kinds) {
  let most = { kind: kinds.at(-1), layer: one.ofKind(kinds.at(-1)).at(-1).layer, head: 0, size: 0 };
  for (const kind of kinds)
    for (const { key, layer, num_heads: heads } of one.ofKind(kind))
      for (let head = 0; head < heads; head++) {
        const size = distance(one.source.thumbnail(key, head).data, other.source.thumbnail(key, head)?.data);
        if (size > most.size) most = { kind, layer, head, size };
      }
  return most;
}

function distance(one, other) {
  if (one.length !== other?.length) return 0;
  return one.reduce((sum, value, place) => sum + Math.abs(value - other[place]), 0) / one.length;
}

function select(name, choices, otherwise) {
  const made = element("select", { name }, ...choices.map(([value, text]) => element("option", { value }, String(text))));
  made.value = valueOf(name, otherwise);
  if (made.selectedIndex < 0) made.selectedIndex = 0;
  made.addEventListener("change", () => put({ [name]: made.value }));
  return made;
}

/** The head in both, or the nearest that each has. */
function viewsOf(traces, { kind, layer, head }) {
  const wanted = { kind, layer, head, query: 0, key: 0, column: 0, step: "weights", by: "piece" };
  return Promise.all(
    traces.map(async (trace) => {
      const state = fitted(wanted, trace); // a smaller model may lack this layer or this head
      const numbers = await trace.source.load(trace.attention(kind, state.layer).key, state.head);
      return viewOf(trace, state, numbers, currentPalette());
    }),
  );
}

function currentPalette() {
  return paletteOf(window.matchMedia("(prefers-color-scheme: dark)").matches);
}

function draw(root, views, names) {
  const palette = currentPalette();
  const drawings = views.map((view) => ({ ...drawingOf(view, "weights"), selected: null }));
  const [one, other] = views.map((view) => view.head.weights);
  const pictures = drawings.map((drawing, place) => figure(names[place], drawing, palette, headName(views[place])));
  const apart = whyApart(...views);
  if (apart === null) {
    const bound = largestOf(one, other);
    const difference = differenceOf(drawings[0], [one, other], palette, bound);
    pictures.push(figure("Difference", difference, palette, `from −${shown(bound)} to +${shown(bound)}`));
  }
  fill(root, ...pictures.map((each) => each.root));
  for (const each of pictures) each.draw();
  if (apart !== null) root.append(element("p", { class: "note" }, `${apart}, so there is no difference of cells.`));
}

/** Why a difference of cells would mean nothing; null where it means something. */
function whyApart(one, other) {
  if (headName(one) !== headName(other)) return "This is not the same layer and head in both";
  const pieces = [one, other].map(({ sides: { queries, keys } }) => [queries, keys].map(({ tokens }) => piecesOf(tokens)));
  return JSON.stringify(pieces[0]) === JSON.stringify(pieces[1]) ? null : "The tokens differ";
}

/** What tokens are in any vocabulary, as tracing/compare.py tells them apart. */
function piecesOf(tokens) {
  return tokens.map(({ kind, piece }) => [kind, piece]);
}

function differenceOf(drawing, [one, other], palette, bound) {
  const value = (row, column) => other.data[row * other.columns + column] - one.data[row * one.columns + column];
  return {
    ...drawing,
    colour: (row, column) => scoreColour(palette, value(row, column), bound),
    sign: () => "",
    text: (row, column, digits) => decimals(value(row, column), digits),
  };
}

function largestOf(one, other) {
  return one.data.reduce((largest, value, place) => Math.max(largest, Math.abs(other.data[place] - value)), 0);
}

function figure(title, drawing, palette, note = "") {
  const canvas = element("canvas", { role: "img", "aria-label": `${title}: weights, queries in rows, keys in columns. ${note}` });
  const root = element("figure", { class: "panel" }, element("figcaption", {}, title, note === "" ? null : element("span", { class: "note" }, ` · ${note}`)), canvas);
  return { root, draw: () => paint(canvas, drawing, palette, root.clientWidth || 300) };
}
