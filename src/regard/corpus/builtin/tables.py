"""Reads the tab-separated tables that lie beside the code: a header line, ``#`` comments, one record a line."""

from importlib.resources import files


def read_table(name: str) -> list[dict[str, str]]:
    """The records of a table in ``data/``, as dictionaries keyed by the header."""
    text = files("regard.corpus.builtin").joinpath("data", name).read_text(encoding="utf-8")
    lines = [line for line in text.split("\n") if line and not line.startswith("#")]
    header = lines[0].split("\t")
    return [dict(zip(header, line.split("\t"), strict=True)) for line in lines[1:]]
