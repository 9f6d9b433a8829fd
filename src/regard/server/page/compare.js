// Compare: two sentences, or one sentence in two models.

import { put } from "./address.js";
import { asked, models, modelField, sentenceField, sourceFor } from "./asking.js";
import { element, fill } from "./element.js";
import { problem } from "./notice.js";
import { sides } from "./sides.js";

/** The screen. */
export async function compare(signal) {
  const several = (await models()).length > 1;
  const one = await modelField();
  const other = await modelField("2");
  const first = sentenceField(one.chosen().source.code);
  const second = sentenceField(other.chosen().source.code, "2");
  const root = element("div", { class: "sides" });
  const show = async (event) => {
    event?.preventDefault();
    // Until now the second side was the first; whoever changed the first one still reads the same in the second.
    if (event !== undefined) put({ text2: second.input.value, model2: other.select.value });
    const called = [one.chosen().name, other.chosen().name];
    const names = called[0] === called[1] ? ["first", "second"] : called;
    try {
      const wishes = [await asked(), await asked("2")];
      const [before, after] = [await sourceFor(wishes[0], { signal }), await sourceFor(wishes[1], { signal })];
      fill(root, ...(await sides(before, after, names)));
    } catch (error) {
      if (error.name !== "AbortError") fill(root, problem(error));
    }
  };
  const column = (sentence, model) => element("div", {}, sentence.root, several ? model.root : null);
  const form = element(
    "form",
    { class: "ask", onsubmit: show },
    element("div", { class: "row wide" }, column(first, one), column(second, other)),
    element("div", { class: "row" }, element("button", { class: "action" }, "Compare")),
  );
  await show();
  return [element("h1", {}, "Compare two"), form, root];
}
