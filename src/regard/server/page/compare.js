// Compare: two sentences, or one sentence in two models.

import { asked, models, modelField, sentenceField, sourceFor } from "./asking.js";
import { element, fill } from "./element.js";
import { problem } from "./notice.js";
import { sides } from "./sides.js";

/** The screen. */
export async function compare(signal) {
  const several = (await models()).length > 1;
  const one = await modelField();
  const other = await modelField("model2");
  const first = sentenceField(one.chosen().source.code);
  const second = sentenceField(other.chosen().source.code, "2");
  const root = element("div", { class: "sides" });
  const show = async (event) => {
    event?.preventDefault();
    try {
      const [before, after] = [await sourceFor(asked(), { signal }), await sourceFor(asked("2"), { signal })];
      const isOneModel = before.header.model.sha256 === after.header.model.sha256;
      const names = isOneModel ? ["first", "second"] : [before.header.model.name, after.header.model.name];
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
