// Why? One card per claim of the textbook: what is said, what must come out, what came out, with its control.

import { decimals } from "./cell.js";
import { element, fill } from "./element.js";
import { problem, say } from "./notice.js";
import { post, read } from "./server.js";

/** The screen. */
export async function why() {
  const experiments = await read("api/claims");
  return [
    element("h1", {}, "Why? The textbook's claims, measured"),
    element("p", { class: "lead" }, "Each stands beside a control that would refute it. Those that need no training are measured here and now; the others show what regard lab recorded."),
    ...experiments.map(card),
  ];
}

function card({ name, subject, live, claims, recorded }) {
  const body = element("div", { class: "claims" }, ...claims.map(shown), recorded === null ? null : element("p", { class: "note" }, origin(recorded)));
  const button = element("button", { type: "button", class: "action" }, "Measure now");
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const found = await post(`api/claims/${name}`, {});
      fill(body, ...found.map(shown), element("p", { class: "note" }, "Measured here, now."));
      say(found.map((each) => `${each.holds ? "Holds" : "Does not hold"}: ${each.measured}`).join(". "));
    } catch (error) {
      fill(body, problem(error));
    }
    button.disabled = false;
  });
  if (claims.length === 0) fill(body, element("p", { class: "note" }, live ? "Not measured yet." : `Needs trained networks: regard lab run ${name} --out lab, then regard serve … --lab lab.`));
  return element("section", { class: "claim" }, element("h2", {}, `${subject[0].toUpperCase()}${subject.slice(1)}`), body, live ? button : null);
}

function origin({ is_shipped, regard, effort, seconds, cores, processor }) {
  const time = seconds < 90 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`;
  return `Recorded ${is_shipped ? "by Regard's own lab" : "in your lab's folder"}: version ${regard}, effort ${effort}, ${time} on ${cores} cores (${processor}).`;
}

function shown({ text, expected, measured, holds, told, tables }) {
  const verdict = element("strong", { class: holds ? "holds" : "fails" }, holds ? "✓ holds" : "✗ does not hold");
  return element(
    "article",
    {},
    element("h3", {}, verdict, ` ${text}`),
    element("dl", {}, element("dt", {}, "must come out"), element("dd", {}, expected), element("dt", {}, "came out"), element("dd", {}, measured)),
    told === null ? null : element("p", { class: "note" }, `As it is usually told: ${told.text} ${told.holds ? "That holds too" : "That does not hold"}: ${told.measured}`),
    ...tables.map(table),
  );
}

function table({ columns, rows, caption }) {
  const cell = (value) => (typeof value === "number" && !Number.isInteger(value) ? number(value) : String(value));
  return element(
    "div",
    { class: "scrolling" },
    element(
      "table",
      { class: "numbers" },
      caption === "" ? null : element("caption", {}, caption),
      element("thead", {}, element("tr", {}, ...columns.map((each) => (each === "" ? element("td") : element("th", { scope: "col" }, each))))),
      element("tbody", {}, ...rows.map(([first, ...rest]) => element("tr", {}, element("th", { scope: "row" }, cell(first)), ...rest.map((each) => element("td", {}, cell(each)))))),
    ),
  );
}

function number(value) {
  return Math.abs(value) >= 0.01 ? decimals(value, 3) : value.toExponential(1);
}
