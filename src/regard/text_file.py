"""A text file that somebody wrote by hand, read whole: settings, glossaries, catalogues, tokens.

Enters: a path, and what the file should be. Leaves: its text, or an error that says what to do. Must not know: what
stands in it, and which errors there are; sentences, of which a file may have any number, are the corpus room's.
"""

from pathlib import Path


def read_text_file(path: Path, *, what: str, most_mebibytes: int, error: type[Exception]) -> str:
    """The text of a file in UTF-8, without a byte order mark.

    Args:
        path: the file.
        what: what it should be, as the message calls it: "glossary".
        most_mebibytes: how large it may be; no more is read.
        error: what is raised.
    """
    try:
        with path.open("rb") as file:
            data = file.read((most_mebibytes << 20) + 1)
    except OSError as problem:
        raise error(f"the {what} {path} cannot be read: {problem.strerror}") from None
    if len(data) > most_mebibytes << 20:
        raise error(f"{path} is no {what}: it is larger than {most_mebibytes} MiB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = problem.object.count(b"\n", 0, problem.start) + 1  # behind a byte order mark
        raise error(f"{path}, line {line} is not UTF-8; save the {what} as UTF-8") from None
