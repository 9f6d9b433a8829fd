"""By word: what is announced, and what the card of a cell says, is what the table shows."""

from typing import Any

import pytest
from playwright.sync_api import Page

VIEW = """
([by, query, key]) => {
  const token = (i, text, word) => ({i, id: i, kind: "piece", piece: text, text, word, span: [2 * i, 2 * i + 2]});
  const source = [token(0, "un", 0), token(1, "do", 0), token(2, "it", 1)];
  const matrix = (rows, columns, data) => ({rows, columns, data: Float32Array.from(data)});
  const attention = {
    key: "encoder.0.self", attention: "encoder.self", layer: 0, query_tokens: "source", key_tokens: "source",
    num_heads: 1, head_dim: 1, value_dim: 1, scale: 1, score: "dot", mask: "m",
  };
  const header = {
    tokens: {source, target_in: [], target_out: []},
    model: {source_language: "en"}, attentions: [attention], masks: {m: {axes: ["query", "key"]}},
  };
  const mask = () => Uint8Array.from([2, 0, 0, 2, 0, 0, 2, 0, 0]);
  const shares = matrix(3, 3, [0, 0.9, 0.1, 0, 0.7, 0.3, 0, 0.75, 0.25]);
  const vectors = matrix(3, 1, [1, 1, 1]);
  const head = {queries: vectors, keys: vectors, values: vectors, scores: shares, weights: shares, context: vectors};
  const state = {kind: "encoder.self", layer: 0, head: 0, query, key, column: 0, step: "weights", by};
  const shown = view.viewOf(new trace.TraceView({header, mask}), state, head, palette.paletteOf(false));
  const box = card.card();
  box.update(shown);
  const drawing = drawings.drawingOf(shown, "weights");
  return {
    announced: summary.announced(shown),
    card: Array.from(box.root.children, (each) => each.textContent),
    table: [drawing.rowLabels[0], drawing.columnLabels[0], drawing.sign(0, 0) || drawing.text(0, 0, 2)],
  };
}
"""


@pytest.fixture
def said(modules: Page) -> Any:
    return lambda by, query=0, key=0: modules.evaluate(VIEW, [by, query, key])


def test_a_word_is_announced_with_its_own_number(said: Any) -> None:
    found = said("word")
    assert found["table"] == ["undo", "undo", "0.80"]
    assert found["announced"] == "Encoder self-attention, layer 0, head 0. undo, key undo: weight 0.80."


@pytest.mark.parametrize(("query", "key"), [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_the_card_tells_the_word_from_its_first_pieces(said: Any, query: int, key: int) -> None:
    title, by_word, sentence = said("word", query, key)["card"][:3]
    assert title == 'undo looks at "undo"'
    assert by_word == "By word: weight 0.80, of 2 × 2 pieces. The first of them:"
    assert sentence.startswith('score("un"→"un") = ')


def test_by_piece_the_first_piece_is_meant(said: Any) -> None:
    found = said("piece")
    assert found["table"] == ["un", "un", "×"]
    assert found["announced"].endswith("un, key un: hidden: future word.")
    title, sentence = found["card"][:2]
    assert title == 'un looks at "un"'
    assert sentence.startswith('score("un"→"un") = ')
