// All that the page asks of its server. A trace is told while it is made; closing the stream stops the making.

import { shapesOf } from "./trace.js";

const GONE = "The server does not answer. Is it still running? Start it with regard serve, then try again.";
const TOKEN = "regard-token";

/** What the server refused, in its own words. */
export class Refused extends Error {
  constructor(status, sentence) {
    super(sentence);
    this.status = status;
  }
}

async function ask(path, options = {}) {
  const token = window.sessionStorage.getItem(TOKEN);
  const headers = { ...options.headers, ...(token === null ? {} : { Authorization: `Bearer ${token}` }) };
  let answer;
  try {
    answer = await fetch(path, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, GONE);
  }
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => ({}));
  throw new Refused(answer.status, told.error ?? GONE);
}

/** Keeps the token for this tab; without one that a header can carry, the server will ask again. */
export function useToken(token) {
  const given = token.trim();
  if (/^[!-~]+$/.test(given)) window.sessionStorage.setItem(TOKEN, given);
  else window.sessionStorage.removeItem(TOKEN);
}

/** The file at an address, with the name that the server gives it. */
export async function fileAt(path) {
  const answer = await ask(path);
  const [, name] = answer.headers.get("Content-Disposition").match(/filename="(.+)"/);
  return new File([await answer.blob()], name);
}

/** JSON from an address. */
export async function read(path, options) {
  return (await ask(path, options)).json();
}

/** Posts JSON and reads JSON. */
export function post(path, value, signal) {
  return read(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(value),
    signal,
  });
}

/** Has a trace made; `onStep` hears of each step. Returns its source (see trace.js), which knows its `id`. */
export async function traced(asked, { onStep = () => {}, signal } = {}) {
  const { id } = await post("api/traces", asked, signal);
  await listen(`api/traces/${id}/events`, onStep, signal);
  return sourceOf(id);
}

async function listen(path, onStep, signal) {
  const answer = await ask(path, { signal });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  let isWhole = false;
  for (;;) {
    const { value, done } = await reader.read().catch(unlessAborted);
    if (done && isWhole) return;
    if (done) throw new Refused(0, GONE);
    const blocks = (waiting + value).split("\n\n");
    waiting = blocks.pop();
    for (const [event, told] of blocks.map(eventOf)) {
      if (event === "step") onStep(told);
      if (event === "failed") throw new Refused(422, told.error);
      isWhole ||= event === "done";
    }
  }
}

/** A connection that breaks ends the stream; one that was closed here is no answer at all. */
function unlessAborted(error) {
  if (error.name === "AbortError") throw error;
  return { done: true };
}

function eventOf(block) {
  const [event, data] = block.split("\n");
  return [event.slice("event: ".length), JSON.parse(data.slice("data: ".length))];
}

/** The source of a trace that is whole. */
export async function sourceOf(id) {
  const path = `api/traces/${id}`;
  const header = await read(path);
  const codes = await together(Object.keys(header.masks), (name) => bytes(`${path}/masks/${name}`));
  const keys = header.attentions.map((each) => each.key);
  const pictures = await together(keys, async (key) => {
    const answer = await ask(`${path}/thumbnails/${key}`);
    const [, rows, columns] = answer.headers.get("X-Shape").split(",").map(Number);
    return { rows, columns, data: new Uint8Array(await answer.arrayBuffer()) };
  });
  return {
    id,
    header,
    mask: (name) => codes[name],
    thumbnail: (key, head) => {
      if (!(key in pictures)) return undefined;
      const { rows, columns, data } = pictures[key];
      return { rows, columns, data: data.subarray(head * rows * columns, (head + 1) * rows * columns) };
    },
    load: async (key, head) => matrices(header, key, await bytes(`${path}/tensors/${key}/${head}`)),
  };
}

async function together(names, load) {
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await load(name)])));
}

async function bytes(path) {
  return new Uint8Array(await (await ask(path)).arrayBuffer());
}

/** The matrices of one head from little-endian float32, one after the other. */
function matrices(header, key, raw) {
  const reader = new DataView(raw.buffer);
  const attention = header.attentions.find((each) => each.key === key);
  let start = 0;
  return Object.fromEntries(
    shapesOf(header, attention).map(([name, rows, columns]) => {
      const first = start;
      start += rows * columns;
      const number = (_, place) => reader.getFloat32(4 * (first + place), true);
      return [name, { rows, columns, data: Float32Array.from({ length: rows * columns }, number) }];
    }),
  );
}
