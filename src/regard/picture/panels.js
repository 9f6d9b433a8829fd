// The four steps side by side, each with its formula, its picture and the scale of its colours.

import { decimals } from "./cell.js";
import { drawingOf, formulaOf, TITLES } from "./drawings.js";
import { element, fill, isolated, shortened } from "./element.js";
import { cellAt, paint } from "./heatmap.js";
import { gradient } from "./palette.js";
import { reasonsDrawn } from "./reasons.js";
import { STEPS } from "./state.js";
import { describe } from "./summary.js";
import { selectionOf } from "./table.js";
import { RULE } from "./words.js";

/** The four panels; `pick({step, query, key})` is called for a chosen step or cell. */
export function panels(pick) {
  const made = STEPS.map((step) => panel(step, pick));
  const root = element("div", { class: "panels" }, ...made.map((each) => each.root));
  return { root, update: (view) => made.forEach((each) => each.update(view)) };
}

function panel(step, pick) {
  const title = element("button", { type: "button", onclick: () => pick({ step }) }, TITLES[step]);
  const pointed = element("span", { class: "pointed", "aria-hidden": "true" });
  const formula = element("p", { class: "formula" });
  const canvas = element("canvas", { role: "img" });
  const legend = element("div", { class: "legend" });
  const root = element("section", { class: "panel" }, element("h3", {}, title, pointed), formula, canvas, legend);
  const drawn = { view: null, drawing: null, places: null, width: 0 };
  canvas.addEventListener("click", (event) => choose(event, drawn, step, pick));
  canvas.addEventListener("pointermove", (event) => fill(pointed, ...pointedAt(drawn, under(event, drawn))));
  canvas.addEventListener("pointerleave", () => fill(pointed));
  new ResizeObserver(() => draw(canvas, drawn, root.clientWidth !== drawn.width)).observe(root);
  const update = (view) => {
    Object.assign(drawn, { view, drawing: drawingOf(view, step) });
    mark({ root, title, formula, canvas, legend }, view, step);
    draw(canvas, drawn, true);
  };
  return { root, update };
}

function draw(canvas, drawn, isNeeded) {
  const width = canvas.parentElement.clientWidth;
  if (!isNeeded || drawn.view === null || width === 0) return;
  Object.assign(drawn, { width, places: paint(canvas, drawn.drawing, drawn.view.palette, width) });
}

function mark({ root, title, formula, canvas, legend }, view, step) {
  const isActive = view.state.step === step;
  root.classList.toggle("active", isActive);
  title.setAttribute("aria-pressed", String(isActive));
  const isGrouped = step === "weights" && view.state.by === "word";
  fill(formula, isGrouped ? RULE : formulaOf(step, view.attention));
  canvas.setAttribute("aria-label", describe(view, step));
  fill(legend, ...legendOf(view, step));
}

/** The cell under the pointer, or null. */
function under(event, { places, drawing }) {
  return places && cellAt(places, drawing, event.offsetX, event.offsetY);
}

/** What stands under the pointer, in words; the table says the same to those who use none. */
function pointedAt({ drawing }, found) {
  if (!found) return [];
  const { row, column } = found;
  const names = [drawing.rowLabels[row], drawing.columnLabels[column]].map((name) => isolated(shortened(name, 24)));
  return [names[0], " · ", names[1], ` ${drawing.sign(row, column) || drawing.text(row, column, 2)}`];
}

function choose(event, drawn, step, pick) {
  const found = under(event, drawn);
  if (found) pick({ step, ...selectionOf(drawn.view, step, found.row, found.column) });
}

function legendOf(view, step) {
  if (step === "weights") return [scale("0", "1", view.palette.weights), ...signs(view.grouped.codes)];
  const extent = step === "output" ? view.extents.values : view.extents.scores;
  const bar = scale(decimals(-extent, 1), decimals(extent, 1), view.palette.scores);
  return step === "mask" ? [bar, ...signs(view.pieces.codes)] : [bar];
}

function scale(low, high, colours) {
  const bar = element("span", { class: "gradient", "aria-hidden": "true" });
  bar.style.background = gradient(colours);
  return element("span", { class: "scale" }, element("span", {}, low), bar, element("span", {}, high));
}

function signs(codes) {
  return reasonsDrawn(codes.data).map(({ sign, words }) =>
    element("span", { class: "sign" }, element("span", { class: "hatched" }, sign), ` ${words}`),
  );
}
