"""The golden trace in the browser and in Python: cell cards and weights by word, of a head of every attention."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from regard.tracing.by_word import words_by_word
from regard.tracing.cell import cell_card
from regard.tracing.report_data import data_blocks
from regard.tracing.trace import Trace

GOLDEN = Path(__file__).resolve().parents[1] / "data" / "golden.trace.zip"

SHOWN = """
(blocks) => {
  const block = ([id, textContent]) =>
    Object.assign(document.createElement("script"), {type: "text/plain", id, textContent});
  document.body.replaceChildren(...Object.entries(blocks).map(block));
  const source = embedded.embedded(document);
  const shown = new trace.TraceView(source);
  const cardsOf = ({sides, ...view}) => sides.queries.tokens.map((_, query) => sides.keys.tokens.map((_, key) => {
    const found = cell.cellOf({sides, ...view}, query, key);
    return [cell.sentenceOf(found), cell.contributionOf(found)];
  }));
  const wordsOf = ({sides, codes, head}) => {
    const [queries, keys] = [sides.queries, sides.keys].map((side) => words.groupsOf(side.tokens));
    const weights = Array.from(words.weightsByWord(head.weights, queries, keys).data);
    return {queries, keys, weights, codes: Array.from(words.codesByWord(codes, queries, keys).data)};
  };
  const viewOf = async (attention, head) => ({
    attention,
    sides: shown.sides(attention),
    codes: shown.codes(attention, head),
    head: await source.load(attention.key, head),
  });
  return Promise.all(shown.attentions.map(async (each, place) => {
    const number = place % each.num_heads;
    const view = await viewOf(each, number);
    return {name: [each.attention, each.layer, number], cards: cardsOf(view), words: wordsOf(view)};
  }));
}
"""


@pytest.fixture(scope="module")
def golden() -> Trace:
    return Trace.load(GOLDEN)


@pytest.fixture(scope="module")
def shown(modules: Page, golden: Trace) -> list[dict[str, Any]]:
    """What the modules make of the golden trace, read from the blocks of a report."""
    blocks = dict(re.findall(r'<script type="[^"]+" id="([^"]+)">(.*)</script>', "\n".join(data_blocks(golden))))
    found: list[dict[str, Any]] = modules.evaluate(SHOWN, blocks)
    assert len(found) == len(golden.attentions)
    return found


def test_every_cell_says_the_same(shown: list[dict[str, Any]], golden: Trace) -> None:
    for each in shown:
        head = golden[tuple(each["name"])]  # type: ignore[index]
        for query, row in enumerate(each["cards"]):
            for key, sentences in enumerate(row):
                card = cell_card(head, query, key)
                assert sentences == [card.sentence, card.contribution_sentence], (each["name"], query, key)


def test_words_are_the_same(shown: list[dict[str, Any]], golden: Trace) -> None:
    for each in shown:
        found, expected = each["words"], words_by_word(golden[tuple(each["name"])])  # type: ignore[index]
        for side, words in (("queries", expected.queries), ("keys", expected.keys)):
            assert [(one["name"], tuple(one["places"])) for one in found[side]] == [(o.name, o.places) for o in words]
        np.testing.assert_allclose(found["weights"], expected.weights.ravel(), atol=1e-6)
        assert found["codes"] == expected.codes.ravel().tolist()
    assert len(shown[0]["words"]["keys"]) < golden.header.num_tokens("source")
