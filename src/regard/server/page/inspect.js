// Inspect: every attention of the translation, in its four steps.

import { asked, modelField, numberField, sentenceField, sourceFor } from "./asking.js";
import { element, fill, isolated } from "./element.js";
import { pictured } from "./pictured.js";

/** The screen. */
export async function inspect(signal) {
  const model = await modelField();
  const sentence = sentenceField(model.chosen().source.code);
  const pads = numberField("Pad to", "pad", { min: 1, max: 128 });
  const title = element("h1", {});
  const root = element("div", { class: "explorer" });
  const pictures = pictured(root, signal);
  const show = async (event) => {
    event?.preventDefault();
    try {
      const source = await sourceFor({ ...(await asked()), ...(pads.value() === null ? {} : { pad_source_to: pads.value() }) }, { signal });
      fill(title, ...heading(source.header));
      pictures.show(source);
    } catch (error) {
      if (error.name !== "AbortError") pictures.refuse(error);
    }
  };
  const button = element("button", { class: "action" }, "Show");
  const row = element("div", { class: "row" }, model.root, pads.root, button);
  const form = element("form", { class: "ask", onsubmit: show }, sentence.root, row);
  await show();
  return [title, form, root];
}

function heading({ request, translation, model }) {
  return [
    isolated(request.text, { lang: model.source_language }),
    element("span", { class: "arrow" }, " → "),
    isolated(translation.text, { lang: model.target_language }),
  ];
}
