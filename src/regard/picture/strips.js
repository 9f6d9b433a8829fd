// Two strips of tokens, the queries and the keys of the selected attention. A bar under each key shows its weight.

import { element, fill, isolated } from "./element.js";
import { weightColour, css } from "./palette.js";
import { at, goesOn } from "./trace.js";
import { decimals } from "./cell.js";
import { roving } from "./roving.js";

/** The two strips; `pick({query: 2})` is called when somebody chooses a token. */
export function strips(pick) {
  const queries = strip("Queries", "rows", (place) => pick({ query: place }));
  const keys = strip("Keys", "columns", (place) => pick({ key: place }));
  const root = element("div", { class: "strips" }, queries.root, keys.root);
  const update = (view) => {
    queries.update(view.sides.queries, view.state.query, () => null, view);
    keys.update(view.sides.keys, view.state.key, (place) => weightAt(view, place), view);
  };
  return { root, update };
}

function weightAt(view, key) {
  const { query } = view.state;
  return { weight: at(view.head.weights, query, key), code: at(view.codes, query, key) };
}

function strip(title, role, choose) {
  const list = element("div", { class: "tokens", role: "radiogroup" });
  const label = element("p", { class: "strip-label" });
  roving(list, (chosen) => choose(Number(chosen.dataset.place)));
  const update = (side, selected, weightOf, view) => {
    const language = side.name === "source" ? "source" : "target";
    fill(label, element("strong", {}, title), ` ${role} · ${language}`);
    list.setAttribute("aria-label", `${title}: ${language} tokens`);
    const hadFocus = list.contains(document.activeElement);
    fill(list, ...side.tokens.map((_, place) => token(side, place, { selected, weight: weightOf(place), view })));
    if (hadFocus) list.children[selected].focus({ preventScroll: true });
    reveal(list, list.children[selected]);
  };
  return { root: element("div", { class: "strip" }, label, list), update };
}

/** Scrolls the strip, never the page. */
function reveal(list, { offsetTop, offsetHeight }) {
  const top = offsetTop - list.offsetTop;
  if (top < list.scrollTop || top + offsetHeight > list.scrollTop + list.clientHeight)
    list.scrollTop = top - offsetHeight;
}

function token(side, place, { selected, weight, view }) {
  const { kind } = side.tokens[place];
  const isJoined = goesOn(side.tokens, place);
  const special = kind === "piece" ? "" : ` special ${kind}`;
  const made = element(
    "button",
    {
      class: `token${special}${isJoined ? " joined" : ""}`,
      type: "button",
      role: "radio",
      "aria-checked": String(place === selected),
      "aria-label": spoken(side, place, weight),
      tabindex: place === selected ? "0" : "-1",
      "data-place": place,
      lang: side.language,
    },
    isolated(side.names[place], { class: "piece" }),
    side.outputs === null ? null : isolated(`→ ${side.outputs[place].replaceAll('"', "")}`, { class: "predicted" }),
  );
  if (weight !== null) made.append(bar(weight, view.palette));
  return made;
}

function spoken(side, place, weight) {
  const name = side.tokens[place].kind === "pad" ? "padding" : side.labels[place];
  if (weight === null) return name;
  return weight.code === 0 ? `${name}, weight ${decimals(weight.weight)}` : `${name}, hidden`;
}

function bar({ weight, code }, palette) {
  const made = element("span", { class: code === 0 ? "bar" : "bar hidden", "aria-hidden": "true" });
  if (code !== 0) return made;
  const inner = element("span");
  inner.style.width = `${Math.round(weight * 100)}%`;
  inner.style.background = css(weightColour(palette, Math.max(weight, 0.35)));
  made.append(inner);
  return made;
}
