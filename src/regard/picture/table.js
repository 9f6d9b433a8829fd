// The numbers of the active step as a real table: a window of at most 24 × 24 cells around the selected one.

import { drawingOf, formulaOf, shownIn, TITLES } from "./drawings.js";
import { element, fill, isolated } from "./element.js";
import { css, inkOn } from "./palette.js";
import { headName } from "./summary.js";

const WINDOW = 24;
const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** The table; `move(rows, columns)` and `pick({query, key})` are called when somebody goes to another cell. */
export function numbers({ move, pick }) {
  const title = element("h2", { id: "regard-numbers" });
  const body = element("table", { role: "grid", class: "numbers", "aria-labelledby": title.id });
  const where = element("p", { class: "note" });
  const root = element("section", { class: "table" }, title, element("div", { class: "scrolling" }, body), where);
  const shown = { view: null };
  body.addEventListener("keydown", (event) => go(event, shown.view, { move, pick }));
  body.addEventListener("click", (event) => choose(event, shown.view, pick));
  const focus = () => body.querySelector("[tabindex='0']")?.focus({ preventScroll: true });
  const update = (view) => {
    shown.view = view;
    const hadFocus = body.contains(document.activeElement);
    draw(body, where, view);
    fill(title, ...titleOf(view));
    if (hadFocus) focus();
    reveal(body);
  };
  return { root, update, focus };
}

/** The first row or column of a window that has the selected one near its middle. */
export function windowStart(selected, count) {
  return Math.max(0, Math.min(selected - WINDOW / 2, count - WINDOW));
}

function draw(body, where, view) {
  const drawing = drawingOf(view, view.state.step);
  const rows = range(windowStart(drawing.selected.row, drawing.rows), drawing.rows);
  const columns = range(windowStart(drawing.selected.column, drawing.columns), drawing.columns);
  fill(
    body,
    element("thead", {}, head(view, drawing, columns)),
    element("tbody", {}, ...rows.map((row) => line(view, drawing, row, columns))),
  );
  body.setAttribute("aria-rowcount", drawing.rows + 1);
  body.setAttribute("aria-colcount", drawing.columns + 1);
  where.textContent = windowNote(drawing, rows, columns);
}

function range(start, count) {
  return Array.from({ length: Math.min(WINDOW, count - start) }, (_, place) => start + place);
}

function windowNote({ rows, columns }, shownRows, shownColumns) {
  if (shownRows.length === rows && shownColumns.length === columns) return "";
  const part = (name, shown, count) => `${name} ${shown[0]}–${shown[shown.length - 1]} of ${count}`;
  const [down, across] = [part("rows", shownRows, rows), part("columns", shownColumns, columns)];
  return `A window: ${down}, ${across}. The arrow keys move it.`;
}

function titleOf(view) {
  const { step } = view.state;
  const columns = step === "output" ? "features of the head" : "keys";
  return [
    element("strong", {}, TITLES[step]),
    ` ${headName(view)}. Rows are queries, columns are ${columns}. `,
    element("span", { class: "formula" }, formulaOf(step, view.attention)),
  ];
}

function head(view, drawing, columns) {
  const language = view.state.step === "output" ? null : view.sides.keys.language;
  const names = columns.map((column) =>
    element("th", headerOf(drawing.isPad.columns[column], "col", language), isolated(drawing.columnLabels[column])),
  );
  return element("tr", {}, element("th", { scope: "col", class: "corner" }, drawing.axes), ...names);
}

function headerOf(isPad, scope, language) {
  return { scope, class: isPad ? "pad" : null, lang: language };
}

function line(view, drawing, row, columns) {
  const name = element(
    "th",
    headerOf(drawing.isPad.rows[row], "row", view.sides.queries.language),
    isolated(drawing.rowLabels[row]),
  );
  const isSelected = (column) => row === drawing.selected.row && column === drawing.selected.column;
  const cells = columns.map((column) => cell(drawing, row, column, isSelected(column)));
  return element("tr", { "aria-rowindex": row + 2 }, name, ...cells);
}

function cell(drawing, row, column, isSelected) {
  const sign = drawing.sign(row, column);
  const made = element(
    "td",
    {
      role: "gridcell",
      class: sign === "" ? null : "hatched",
      tabindex: isSelected ? "0" : "-1",
      "aria-selected": String(isSelected),
      "aria-colindex": column + 2,
      "data-row": row,
      "data-column": column,
    },
    sign || drawing.text(row, column, 2),
  );
  const colour = sign === "" ? drawing.colour(row, column) : null;
  if (colour !== null) paintCell(made, colour);
  return made;
}

function paintCell(made, colour) {
  made.style.background = css(colour);
  made.style.color = inkOn(colour);
}

/** Scrolls the box of the table, never the page. */
function reveal(body) {
  const box = body.parentElement;
  const found = body.querySelector("[tabindex='0']");
  const label = body.querySelector("tbody th");
  if (found === null || label === null) return;
  const left = found.offsetLeft - label.offsetWidth;
  const right = found.offsetLeft + found.offsetWidth;
  if (left < box.scrollLeft) box.scrollLeft = left;
  else if (right > box.scrollLeft + box.clientWidth) box.scrollLeft = right - box.clientWidth;
}

function go(event, view, { move, pick }) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const isOutput = view.state.step === "output";
  if (event.key in MOVES) move(view, ...MOVES[event.key]);
  else if (event.key === "Home") pick(isOutput ? { column: 0 } : { key: 0 });
  else if (event.key === "End") pick(isOutput ? { column: Infinity } : { key: Infinity });
  else return;
  event.preventDefault();
}

function choose(event, view, pick) {
  const found = event.target.closest("td");
  if (found === null) return;
  pick(selectionOf(view, view.state.step, Number(found.dataset.row), Number(found.dataset.column)));
}

/** What choosing a cell of a step's drawing selects; of a word, its first piece. */
export function selectionOf(view, step, row, column) {
  if (step === "output") return { query: row, column };
  const shown = shownIn(view, step);
  return { query: shown.queries.places[row][0], key: shown.keys.places[column][0] };
}

/** The selection so many rows and columns away. */
export function selectionAfter(view, rows, columns) {
  const { selected, ...drawing } = drawingOf(view, view.state.step);
  const within = (place, count) => Math.max(0, Math.min(place, count - 1));
  const row = within(selected.row + rows, drawing.rows);
  const column = within(selected.column + columns, drawing.columns);
  return selectionOf(view, view.state.step, row, column);
}
