"""The arithmetic of the cell card in the browser and in Python, over a head of every attention of the golden trace."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from regard.tracing.cell import cell_card
from regard.tracing.report_data import data_blocks
from regard.tracing.trace import Trace

GOLDEN = Path(__file__).resolve().parents[1] / "data" / "golden.trace.zip"

CARDS = """
(blocks) => {
  const block = ([id, textContent]) =>
    Object.assign(document.createElement("script"), {type: "text/plain", id, textContent});
  document.body.replaceChildren(...Object.entries(blocks).map(block));
  const source = embedded.embedded(document);
  const shown = new trace.TraceView(source);
  const cardsOf = async (attention, head) => {
    const sides = shown.sides(attention);
    const view = {head: await source.load(attention.key, head), codes: shown.codes(attention, head), attention, sides};
    return sides.queries.tokens.map((_, query) => sides.keys.tokens.map((_, key) => {
      const found = cell.cellOf(view, query, key);
      return [cell.sentenceOf(found), cell.contributionOf(found)];
    }));
  };
  const heads = shown.attentions.map((each, place) => [each, place % each.num_heads]);
  return Promise.all(heads.map(async ([each, head]) => [each.attention, each.layer, head, await cardsOf(each, head)]));
}
"""


@pytest.fixture(scope="module")
def golden() -> Trace:
    return Trace.load(GOLDEN)


def test_every_cell_says_the_same(modules: Page, golden: Trace) -> None:
    blocks = dict(re.findall(r'<script type="[^"]+" id="([^"]+)">(.*)</script>', "\n".join(data_blocks(golden))))
    found: list[Any] = modules.evaluate(CARDS, blocks)
    assert len({number for _, _, number, _ in found}) == golden.header.model.num_heads
    for family, layer, number, rows in found:
        head = golden[family, layer, number]
        for query, row in enumerate(rows):
            for key, shown in enumerate(row):
                card = cell_card(head, query, key)
                assert shown == [card.sentence, card.contribution_sentence], json.dumps(
                    [family, layer, number, query, key]
                )
