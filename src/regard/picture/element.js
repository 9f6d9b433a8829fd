// Makes elements. Text is always text: nothing in these modules ever parses a string as HTML.

/** An element with attributes (`class`, `aria-label` …), handlers (`onclick` …) and children (elements or strings). */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) assign(made, name, value);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function assign(made, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (typeof value === "function") made[name] = value;
  else made.setAttribute(name, value === true ? "" : String(value));
}

/** Puts `children` in the place of whatever was in `parent`. */
export function fill(parent, ...children) {
  parent.replaceChildren(...children.filter((child) => child !== null && child !== undefined));
  return parent;
}

/** A token's text in a box of its own, so that text that runs from right to left does not reorder its neighbours. */
export function isolated(text, attributes = {}) {
  return element("bdi", attributes, text);
}

const INVISIBLE = /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]/gu;

/** The text with characters that cannot be seen, or that steer the direction of others, written as `<U+001B>`. */
export function legible(text) {
  return text.replace(INVISIBLE, (one) => `<U+${one.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}>`);
}

/** At most `limit` characters, the last one an ellipsis where something was left out. */
export function shortened(text, limit) {
  const characters = Array.from(text);
  return characters.length <= limit ? text : `${characters.slice(0, limit - 1).join("")}…`;
}
