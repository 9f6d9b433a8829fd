// What the page says besides its pictures: announcements for those who listen, and what went wrong with a way on.

import { forget } from "./asking.js";
import { element } from "./element.js";
import { Refused, useToken } from "./server.js";

/** Says something to those who listen. */
export function say(text) {
  document.getElementById("live").textContent = text;
}

/** What went wrong, and a way on. */
export function problem(error) {
  if (error instanceof Refused && error.status === 401) return tokenForm();
  if (error instanceof Refused && [404, 409].includes(error.status)) forget();
  const text = error instanceof Refused ? error.message : `This is a bug of the page: ${error.message}`;
  const again = element("button", { type: "button", class: "action", onclick: retry }, "Try again");
  return element("div", { class: "problem", role: "alert" }, element("p", {}, text), again);
}

function retry() {
  window.dispatchEvent(new Event("retry"));
}

function tokenForm() {
  const input = element("input", { type: "password", name: "token", autocomplete: "off" });
  const send = (event) => {
    event.preventDefault();
    useToken(input.value);
    retry();
  };
  const label = element("label", { class: "field" }, element("span", {}, "This server asks for a token"), input);
  return element("form", { class: "problem", onsubmit: send }, label, element("button", { class: "action" }, "Go on"));
}
