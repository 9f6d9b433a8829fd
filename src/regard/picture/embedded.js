// The source of a self-contained report: the trace lies in the page itself, in blocks of text.

import { shapesOf } from "./trace.js";

/** A source (see trace.js) of what tracing/report_data.py wrote into a page. */
export function embedded(page) {
  const { header, masks, thumbnails } = JSON.parse(page.getElementById("regard-trace").textContent);
  const codes = Object.fromEntries(Object.entries(masks).map(([name, text]) => [name, bytes(text)]));
  return {
    header,
    mask: (name) => codes[name],
    thumbnail: (key, head) => thumbnailOf(thumbnails[key], head),
    load: async (key, head) => matrices(header, key, page.getElementById(`regard-${key}-${head}`).textContent),
  };
}

function bytes(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function thumbnailOf({ rows, columns, data }, head) {
  return { rows, columns, data: bytes(data).subarray(head * rows * columns, (head + 1) * rows * columns) };
}

/** The matrices of one head, one after the other in the order of the header's axes. */
function matrices(header, key, text) {
  const numbers = floats(bytes(text.trim()));
  const attention = header.attentions.find((each) => each.key === key);
  let start = 0;
  return Object.fromEntries(
    shapesOf(header, attention).map(([name, rows, columns]) => {
      const data = numbers.subarray(start, start + rows * columns);
      start += rows * columns;
      return [name, { rows, columns, data }];
    }),
  );
}

/** Little-endian float32, whatever the machine is. */
function floats(raw) {
  const reader = new DataView(raw.buffer);
  return Float32Array.from({ length: raw.length / 4 }, (_, place) => reader.getFloat32(4 * place, true));
}
