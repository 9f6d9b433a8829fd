// What if: the same sentence translated once as it is and once with a change, side by side with signed differences.

import { valueOf } from "./address.js";
import { asked, modelField, numberField, sentenceField, sourceFor, textField, tick } from "./asking.js";
import { element, fill } from "./element.js";
import { problem, say } from "./notice.js";
import { sides } from "./sides.js";

/** The screen. */
export async function whatIf(signal) {
  const model = await modelField();
  const { source, target } = model.chosen();
  const changes = {
    edited: textField("Another sentence instead", "edited", { lang: source.code, maxlength: 2000 }),
    heads: textField("Switch off heads", "heads", { placeholder: "decoder.0.cross.1, 0.3" }),
    prefix: textField("Let it begin with", "prefix", { lang: target.code, maxlength: 500 }),
    pad: numberField("Pad the source to", "pad", { min: 1, max: 128 }),
    padding: tick("Show the padding", "showpad"),
    positions: tick("Take the positions away", "nopos"),
    same: tick("Keep the words of the first translation", "same"),
  };
  const sentence = sentenceField(source.code);
  const root = element("div", { class: "sides" });
  const show = async (event) => {
    event?.preventDefault();
    try {
      const wish = await asked();
      const before = await sourceFor(wish, { signal });
      const after = await sourceFor(changed(wish, before.header.translation.text), { signal });
      fill(root, ...(await sides(before, after, ["as it is", "what if"])));
      say(`As it is: ${before.header.translation.text}. What if: ${after.header.translation.text}.`);
    } catch (error) {
      if (error.name !== "AbortError") fill(root, problem(error));
    }
  };
  const texts = [changes.edited, changes.prefix, changes.heads];
  const ticks = [changes.padding, changes.positions, changes.same];
  const form = element(
    "form",
    { class: "ask", onsubmit: show },
    sentence.root,
    element("div", { class: "row wide" }, ...texts.map((each) => each.root), changes.pad.root),
    element("div", { class: "row" }, model.root, ...ticks.map((each) => each.root), element("button", { class: "action" }, "Compare")),
  );
  await show();
  return [
    element("h1", {}, "What if …"),
    element("p", { class: "lead" }, "A weight says where a head looked. What it was good for shows when it is switched off."),
    form,
    root,
  ];
}

/** What the address asks for in the place of the ordinary translation. */
function changed(wish, translation) {
  const heads = valueOf("heads").split(/[,\s]+/).filter(Boolean);
  const given = {
    text: valueOf("edited").trim() || wish.text,
    without_heads: heads.length > 0 ? heads : null,
    pad_source_to: valueOf("pad") === "" ? null : Number(valueOf("pad")),
    without_mask: valueOf("showpad") === "yes" ? ["padding"] : null,
    positions: valueOf("nopos") === "yes" ? false : null,
    target: valueOf("same") === "yes" ? translation : null,
    prefix: valueOf("same") === "yes" ? null : valueOf("prefix").trim() || null,
  };
  return { ...wish, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null)) };
}
