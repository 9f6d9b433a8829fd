"""A trace as a long table, one row per cell: for spreadsheets, statistics programs and pandas.

In CSV a text is written as JSON writes it, in double quotes: ``"cat"``. It comes back unchanged from any JSON reader,
and no line break or control character stands in the file as such. No spreadsheet takes a word that begins with ``=``,
``+``, ``-`` or ``@`` for a formula, because no cell of text begins with one. Numbers have all the digits they need.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from regard.attention.reason import Reason
from regard.disk import file_aside
from regard.errors import MissingExtraError
from regard.tracing.header import AttentionFacts, Token

if TYPE_CHECKING:
    from regard.tracing.trace import HeadTrace, Trace


class CellRow(NamedTuple):
    """One cell of one head.

    Attributes:
        attention, layer, head: where it is; ``attention`` is ``decoder.cross`` and so on.
        query, key: positions from 0.
        query_token, key_token: pieces as the vocabulary writes them, "▁" standing for the space.
        query_kind, key_kind: ``piece``, ``bos``, ``eos``, ``pad`` or ``unk``.
        query_word, key_word: the number of the word in its text; None for tokens that stand for no text.
        score: step 1, before the mask.
        code: step 2, 0 = visible.
        reason: the code in words, ``future+padding``; empty where visible.
        weight: step 3.
        contribution: step 4, weight · ‖value‖.
    """

    attention: str
    layer: int
    head: int
    query: int
    query_token: str
    query_kind: str
    query_word: int | None
    key: int
    key_token: str
    key_kind: str
    key_word: int | None
    score: float
    code: int
    reason: str
    weight: float
    contribution: float


def cell_rows(trace: "Trace") -> Iterator[CellRow]:
    """Every cell of every head, in the order of the attentions, head by head, row by row."""
    for block in _blocks(trace):
        yield from map(CellRow._make, zip(*(block[name] for name in CellRow._fields), strict=True))


def write_csv(path: Path, trace: "Trace") -> int:
    """Writes the table, whole or not at all, over what stood there before; returns how many rows of cells it has.

    Raises:
        DiskFullError: no space is left; what was there before is intact.
        MachineError: the file cannot be written.
    """
    number = 0
    with file_aside(path) as file:
        for line in csv_lines(trace):
            file.write(line.encode())
            number += 1
    return number - 1


def csv_lines(trace: "Trace") -> Iterator[str]:
    """The lines of the table, ends included; the first holds the names of the columns. UTF-8, RFC 4180, ``\\n``."""
    yield ",".join(CellRow._fields) + "\n"
    for each in trace.attentions:
        for number in range(each.num_heads):
            yield from _head_lines(trace[each.attention, each.layer, number])


def _head_lines(head: "HeadTrace") -> Iterator[str]:
    """Millions of lines in a long sentence: what a row or a column says is put together once."""
    where = f"{_quoted(head.attention.attention)},{head.attention.layer},{head.head}"
    keys = [_token_fields(token) for token in head.key_tokens]
    reasons = {code: _quoted(reason_name(code)) for code in map(int, np.unique(head.codes))}
    contributions = head.weights * np.linalg.norm(head.values, axis=-1)
    for row, query in enumerate(head.query_tokens):
        begin = f"{where},{_token_fields(query)}"
        numbers = zip(
            keys, _floats(head.scores[row]), head.codes[row].tolist(), _floats(head.weights[row]),
            _floats(contributions[row]), strict=True,
        )  # fmt: skip
        for key, score, code, weight, contribution in numbers:
            # Nine digits bring every float32 back.
            yield f"{begin},{key},{score:.9g},{code},{reasons[code]},{weight:.9g},{contribution:.9g}\n"


def _token_fields(token: Token) -> str:
    word = "" if token.word is None else token.word
    return f"{token.i},{_quoted(token.piece)},{_quoted(token.kind)},{word}"


def _quoted(text: str) -> str:
    """A text as JSON writes it, and that as CSV writes it."""
    written = json.dumps(text, ensure_ascii=False).translate(_UNSEEN)
    return '"' + written.replace('"', '""') + '"'


def data_frame(trace: "Trace") -> Any:
    """The table as a ``pandas.DataFrame``, texts as they are.

    Raises:
        MissingExtraError: pandas is not installed.
    """
    try:
        import pandas
    except ImportError:
        raise MissingExtraError(
            "a data frame needs pandas, which is not installed; install it with: pip install pandas. "
            "Without it, to_csv() writes the same table"
        ) from None
    blocks = list(_blocks(trace))
    return pandas.DataFrame({name: [value for block in blocks for value in block[name]] for name in CellRow._fields})


def reason_name(code: int) -> str:
    """The reasons of a code by their names in the trace: ``padding+future``; empty where visible."""
    return "+".join(reason.name.lower() for reason in Reason if reason and code & reason and reason.name)


def _blocks(trace: "Trace") -> Iterator[Mapping[str, list[Any]]]:
    """Columns of one head after another."""
    for each in trace.attentions:
        head = trace[each.attention, each.layer, 0]
        names = _token_columns("query", head.query_tokens, len(head.key_tokens), repeat=True)
        names |= _token_columns("key", head.key_tokens, len(head.query_tokens), repeat=False)
        for number in range(each.num_heads):
            yield {**names, **_numbers(trace, each, number)}


def _token_columns(side: str, tokens: tuple[Token, ...], times: int, *, repeat: bool) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {
        side: [token.i for token in tokens],
        f"{side}_token": [token.piece for token in tokens],
        f"{side}_kind": [token.kind for token in tokens],
        f"{side}_word": [token.word for token in tokens],
    }
    if repeat:
        return {name: [value for value in column for _ in range(times)] for name, column in columns.items()}
    return {name: column * times for name, column in columns.items()}


def _numbers(trace: "Trace", attention: AttentionFacts, number: int) -> dict[str, list[Any]]:
    head = trace[attention.attention, attention.layer, number]
    count = head.weights.size
    codes = head.codes.ravel().tolist()
    names = {code: reason_name(code) for code in set(codes)}
    contributions = head.weights * np.linalg.norm(head.values, axis=-1)
    return {
        "attention": [attention.attention] * count,
        "layer": [attention.layer] * count,
        "head": [number] * count,
        "score": _floats(head.scores),
        "code": codes,
        "reason": [names[code] for code in codes],
        "weight": _floats(head.weights),
        "contribution": _floats(contributions),
    }


def _floats(values: NDArray[Any]) -> list[float]:
    numbers: list[float] = values.ravel().tolist()
    return numbers


_UNSEEN: Final = {
    place: f"\\u{place:04x}"
    for place in (*range(0x7F, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
}
"""Control characters that JSON leaves as they are: they could end a line, or turn the direction of what follows."""
