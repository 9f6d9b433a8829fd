// Draws one matrix on a canvas: cells, hatching where the mask hides them, labels, digits where there is room.
//
// A drawing is described by: rows, columns, rowLabels, columnLabels, colour(row, column) → [r, g, b] or null where
// nothing was computed, sign(row, column) → the sign of a hidden cell or "", text(row, column, digits), selected
// {row, column} (column null: the whole row), isPad {rows, columns} as lists of booleans, shortLabels for narrow
// ones, axes: what rows and columns are.

import { css, inkOn } from "./palette.js";
import { shortened } from "./element.js";

const LABEL = 12;
const SMALL = 10;
const FEWEST_ROOM = 12;
const NO_DIGITS = { digits: null, size: 10.5 };
const WAYS_TO_WRITE = [2, 1].flatMap((digits) => [10.5, 9].map((size) => ({ digits, size })));
const MOST_LABEL = 17;
const TALLEST = 400;

/** Where things stand in a drawing of a given width: pixels of cells, and the space before them. */
export function measured(drawing, width, font) {
  const paper = document.createElement("canvas").getContext("2d");
  paper.font = `${LABEL}px ${font}`;
  const longest = (labels) => Math.max(0, ...labels.map((label) => paper.measureText(label).width));
  const full = drawing.rowLabels.map((label) => shortened(label, 2 * MOST_LABEL));
  const isNarrow = longest(full) > width / 3;
  const rowLabels = isNarrow ? drawing.shortLabels.map((label) => shortened(label, MOST_LABEL)) : full;
  const columnLabels = drawing.columnLabels.map((label) => shortened(label, MOST_LABEL));
  const left = Math.min(longest(rowLabels) + 10, width * 0.42);
  const cellWidth = Math.min((width - left - 2) / Math.max(1, drawing.columns), 56);
  const isUpright = longest(columnLabels) + 6 > cellWidth;
  const cellHeight = heightOf(drawing.rows);
  const top = drawing.columnLabels.length === 0 ? 4 : isUpright ? Math.min(longest(columnLabels), 110) + 8 : LABEL + 8;
  return { left, top, cellWidth, cellHeight, isUpright, rowLabels, columnLabels, font };
}

/** The same for all drawings of as many rows, so that rows stand side by side. */
function heightOf(rows) {
  return rows <= 24 ? Math.max(17, Math.min(26, 300 / rows)) : Math.max(1, Math.min(12, TALLEST / rows));
}

/** The cell under a point of the canvas, or null. */
export function cellAt(places, drawing, x, y) {
  const row = Math.floor((y - places.top) / places.cellHeight);
  const column = Math.floor((x - places.left) / places.cellWidth);
  const isInside = row >= 0 && row < drawing.rows && column >= 0 && column < drawing.columns;
  return isInside ? { row, column } : null;
}

/** Draws; returns where things stand, for whoever looks up a click. */
export function paint(canvas, drawing, palette, width) {
  const places = measured(drawing, width, getComputedStyle(canvas).fontFamily);
  const height = Math.ceil(places.top + drawing.rows * places.cellHeight + 3);
  const context = sized(canvas, width, height);
  context.fillStyle = palette.ground;
  context.fillRect(0, 0, width, height);
  paintCells(context, drawing, palette, places);
  paintLabels(context, drawing, palette, places);
  axisNames(context, drawing, palette, places);
  if (drawing.selected) paintSelection(context, drawing, palette, places);
  return places;
}

/** A canvas with as many pixels as the screen has. */
function sized(canvas, width, height) {
  const density = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * density);
  canvas.height = Math.round(height * density);
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.scale(density, density);
  return context;
}

function paintCells(context, drawing, palette, places) {
  const hatching = hatchOf(context, palette);
  const writing = digitsThatFit(context, drawing, places);
  context.font = `${writing.size}px ${places.font}`;
  const gap = places.cellWidth >= 12 && places.cellHeight >= 12 ? 1 : 0;
  for (let row = 0; row < drawing.rows; row++) {
    for (let column = 0; column < drawing.columns; column++) {
      const box = {
        x: places.left + column * places.cellWidth,
        y: places.top + row * places.cellHeight,
        width: places.cellWidth - gap,
        height: places.cellHeight - gap,
      };
      paintCell(context, drawing, { palette, hatching, box, row, column, digits: writing.digits });
    }
  }
}

function paintCell(context, drawing, { palette, hatching, box, row, column, digits }) {
  const sign = drawing.sign(row, column);
  const colour = sign === "" ? drawing.colour(row, column) : null;
  if (sign === "" && colour === null) return;
  context.fillStyle = sign === "" ? css(colour) : palette.hatchGround;
  context.fillRect(box.x, box.y, box.width, box.height);
  if (sign !== "") {
    context.fillStyle = hatching;
    context.fillRect(box.x, box.y, box.width, box.height);
  }
  write(context, sign || drawing.text(row, column, digits), box, sign === "" ? inkOn(colour) : palette.sign);
}

/** The most decimals, and then the largest type, that fit into every cell; null where there is no room for numbers. */
function digitsThatFit(context, drawing, places) {
  if (places.cellHeight < FEWEST_ROOM || places.cellWidth < FEWEST_ROOM) return NO_DIGITS;
  const fits = ({ digits, size }) => {
    context.font = `${size}px ${places.font}`;
    return context.measureText(longestText(drawing, digits)).width <= places.cellWidth - 3;
  };
  return WAYS_TO_WRITE.find(fits) ?? NO_DIGITS;
}

/** Of all numbers the one with most characters: digits are equally wide. */
function longestText({ rows, columns, text }, digits) {
  let longest = "";
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const found = text(row, column, digits);
      if (found.length > longest.length) longest = found;
    }
  }
  return longest;
}

/** Text in the middle of a box, if the box has room for it. */
function write(context, text, box, ink) {
  if (text === "" || box.height < FEWEST_ROOM - 1 || box.width < FEWEST_ROOM - 3) return;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = ink;
  context.fillText(text, box.x + box.width / 2, box.y + box.height / 2 + 0.5);
}

function hatchOf(context, palette) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 6;
  const lines = tile.getContext("2d");
  lines.strokeStyle = palette.hatch;
  lines.lineWidth = 1;
  for (const start of [-6, 0, 6]) {
    lines.moveTo(start, 6);
    lines.lineTo(start + 6, 0);
  }
  lines.stroke();
  return context.createPattern(tile, "repeat");
}

function paintLabels(context, drawing, palette, places) {
  context.font = `${LABEL}px ${places.font}`;
  context.textBaseline = "middle";
  const everyRow = Math.ceil((LABEL + 1) / places.cellHeight);
  const away = (row) => Math.abs(row - (drawing.selected?.row ?? 0));
  places.rowLabels.forEach((label, row) => {
    const isShown = away(row) === 0 || (row % everyRow === 0 && away(row) >= everyRow);
    if (isShown) rowLabel(context, drawing, palette, { places, label, row });
  });
  const everyColumn = Math.ceil((LABEL + 1) / places.cellWidth);
  places.columnLabels.forEach((label, column) => {
    if (column % everyColumn === 0) columnLabel(context, drawing, palette, { places, label, column });
  });
}

/** What rows and columns are, in the corner. */
function axisNames(context, { axes }, palette, places) {
  context.font = `${SMALL}px ${places.font}`;
  if (context.measureText(axes).width > places.left - 6) return;
  context.textAlign = "right";
  context.fillStyle = palette.faint;
  context.fillText(axes, places.left - 6, places.top - SMALL / 2 - 2 - Math.max(0, LABEL - places.cellHeight) / 2);
}

function rowLabel(context, drawing, palette, { places, label, row }) {
  context.textAlign = "right";
  context.fillStyle = inkOf(palette, drawing.isPad?.rows[row], row === drawing.selected?.row);
  context.fillText(label, places.left - 6, places.top + (row + 0.5) * places.cellHeight, places.left - 8);
}

function columnLabel(context, drawing, palette, { places, label, column }) {
  context.fillStyle = inkOf(palette, drawing.isPad?.columns[column], column === drawing.selected?.column);
  context.save();
  context.translate(places.left + (column + 0.5) * places.cellWidth, places.top - 5);
  if (places.isUpright) context.rotate(-Math.PI / 2);
  context.textAlign = places.isUpright ? "left" : "center";
  if (!places.isUpright) context.textBaseline = "alphabetic";
  context.fillText(label, 0, 0, places.isUpright ? places.top - 6 : undefined);
  context.restore();
}

function inkOf(palette, isPad, isSelected) {
  return isSelected ? palette.cursor : isPad ? palette.faint : palette.ink;
}

/** A frame around the selected cell, or around the selected row where there is no column. */
function paintSelection(context, drawing, palette, places) {
  const { row, column } = drawing.selected;
  const isRow = column === null;
  const x = places.left + (isRow ? 0 : column * places.cellWidth);
  const width = isRow ? drawing.columns * places.cellWidth : places.cellWidth;
  context.lineWidth = 2;
  context.strokeStyle = palette.cursor;
  context.strokeRect(x - 0.5, places.top + row * places.cellHeight - 0.5, width, places.cellHeight);
}
