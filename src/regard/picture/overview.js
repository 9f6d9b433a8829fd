// Layer × head: every head of every attention as a thumbnail of its weights, and the way to choose one.

import { element, fill } from "./element.js";
import { css, weightColour } from "./palette.js";
import { roving } from "./roving.js";
import { KIND_NAMES } from "./trace.js";

/** The overview; `pick({kind, layer, head})` is called when somebody chooses a head. */
export function overview(trace, pick) {
  const blocks = trace.kinds.map((kind) => block(trace, kind, pick));
  const root = element("div", { class: "overview" }, ...blocks.map((each) => each.root));
  return { root, update: (view) => blocks.forEach((each) => each.update(view)) };
}

function block(trace, kind, pick) {
  const attentions = trace.ofKind(kind);
  const heads = attentions[0].num_heads;
  const thumbnails = attentions.flatMap((attention) =>
    Array.from({ length: heads }, (_, head) => thumbnail(trace, attention, head)),
  );
  const grid = element("div", {
    class: "heads",
    role: "radiogroup",
    "aria-label": `${KIND_NAMES[kind]}: layer and head`,
  });
  grid.style.setProperty("--heads", heads);
  fill(
    grid,
    corner(),
    ...columnHeads(heads),
    ...attentions.flatMap((attention, row) => [
      element("span", { class: "layer", "aria-hidden": "true" }, String(attention.layer)),
      ...thumbnails.slice(row * heads, (row + 1) * heads).map((each) => each.button),
    ]),
  );
  roving(
    grid,
    (chosen) => pick({ kind, layer: Number(chosen.dataset.layer), head: Number(chosen.dataset.head) }),
    () => heads,
  );
  const root = element("section", { class: "kind" }, element("h2", {}, KIND_NAMES[kind]), grid);
  return { root, update: (view) => update(root, thumbnails, view, kind) };
}

function corner() {
  return element("span", { class: "corner", "aria-hidden": "true" }, "layer ↓ head →");
}

function columnHeads(heads) {
  return Array.from({ length: heads }, (_, head) =>
    element("span", { class: "head", "aria-hidden": "true" }, String(head)),
  );
}

function thumbnail(trace, attention, head) {
  const canvas = element("canvas", { "aria-hidden": "true" });
  const button = element(
    "button",
    {
      type: "button",
      role: "radio",
      "aria-label": `layer ${attention.layer}, head ${head}`,
      "data-layer": attention.layer,
      "data-head": head,
    },
    canvas,
  );
  return { button, canvas, attention, head, image: trace.source.thumbnail(attention.key, head), drawn: null };
}

function update(root, thumbnails, { state, palette }, kind) {
  const isChosen = (each) => kind === state.kind && each.attention.layer === state.layer && each.head === state.head;
  const stop = thumbnails.find(isChosen) ?? thumbnails[0];
  root.classList.toggle("selected", kind === state.kind);
  for (const each of thumbnails) {
    each.button.setAttribute("aria-checked", String(isChosen(each)));
    each.button.tabIndex = each === stop ? 0 : -1;
    if (each.drawn !== palette) draw(each, palette);
  }
}

function draw(thumbnail, palette) {
  const { rows, columns, data } = thumbnail.image;
  const { canvas } = thumbnail;
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext("2d");
  data.forEach((value, place) => {
    context.fillStyle = css(weightColour(palette, value / 255));
    context.fillRect(place % columns, Math.floor(place / columns), 1, 1);
  });
  thumbnail.drawn = palette;
}
