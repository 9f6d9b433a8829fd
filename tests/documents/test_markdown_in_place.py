"""Notes in Markdown translated in place: blocks stay blocks, and code stays code."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.corpus import Reading
from regard.corpus.formats.markdown import markdown_document
from regard.documents.fill import translate_document
from regard.documents.opening import open_document
from regard.documents.voice import Voice
from regard.errors import CorpusError

CODE = {
    "a fence in a list": "1.  ONE:\n\n    ```bash\n    two three\n\n    four\n    ```\n\n2.  FIVE\n",
    "a fence behind a tab": "* ONE:\n\n\t~~~\n\ttwo\n\n\tthree\n\t~~~\n",
    "a fence right below its item": "- ONE:\n  ```\n  two\n\n  three\n  ```\n",
    "an indented block in a list": "1. ONE:\n\n        two three\n\n2. FOUR\n",
    "an indented block": "ONE\n\n    two\n\n    three\n\nFOUR\n",
    "HTML with an empty line": "ONE.\n\n<pre>\ntwo\n\nthree\n</pre>\n\nFOUR.\n",
    "a script with an empty line": "<script>\none\n\ntwo\n</script>\n\nTHREE\n",
    "a fence in a quotation": "> ONE:\n> ```\n> two\n>\n> three\n> ```\n> FOUR\n",
    "a fence in a list in a quotation": "> - ONE\n>\n>   ```\n>   two\n>   ```\n",
}
BLOCKS = {
    "paragraphs of a quotation": "> ONE.\n>\n> TWO.\n",
    "a heading behind a list": "> - ONE\n> - TWO\n>\n> ## THREE\n> FOUR\n",
    "a heading right below an item": "> - ONE\n> ## TWO ##\n",
    "a table in a quotation": "> | ONE | TWO |\n> |---|:-:|\n> | THREE\\|FOUR | |\n> | | FIVE |\n",
    "a table without bars around it": "ONE | TWO\n--|--\nTHREE | FOUR\n\nFIVE\n",
    "bars in code": "| ONE | `a|b` |\n|---|---|\n| TWO `x | y` THREE | FOUR |\nFIVE\n",
    "a table below a paragraph": "ONE\nTWO | THREE\n:-|-:\nFOUR | FIVE\n",
    "a paragraph of an item": "- ONE\n\n  TWO\n\n      three\n- FOUR\n",
    "headings with a line below": "ONE\n===\n\n> TWO\n> ---\n> THREE\n",
    "definitions": "> [one]: two\n> THREE\n> [four]: five\n\n[six]:\tseven\n",
    "tasks": "1. [ ] ONE\n   - [x] TWO\n",
    "front matter": "---\none: two\n---\n# THREE\n",
    "tags that begin a sentence": "<b>ONE</b> TWO.\n",
    "hard breaks": "ONE  \nTWO\\\nTHREE\n\n> FOUR  \n> FIVE\n",
    "an item in an item": "1. 2. ONE\n",
}


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("wanted", [pytest.param(text, id=name) for name, text in (CODE | BLOCKS).items()])
def test_every_block_stays_and_only_language_changes(
    wanted: str, line_end: str, shouting: Voice, tmp_path: Path
) -> None:
    notes = wanted.replace("\n", line_end)
    assert translated(notes.lower(), shouting, tmp_path) == notes


def test_the_lines_of_a_paragraph_become_one(shouting: Voice, tmp_path: Path) -> None:
    assert translated("> - one\r\n>   two\r\nthree\r\n", shouting, tmp_path) == "> - ONE TWO THREE\r\n"


PIECES = (
    *(
        "one",
        "two three",
        "> ",
        "- ",
        "1. ",
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        "  ",
        "    ",
        "\t",
        "```",
        "~~~",
        "|",
        "|-|-|",
        "\\|",
    ),
    *("\\", "# ", " ##", "<pre>", "</pre>", "<!--", "-->", "<div>", "[a]: ", "[ ] ", "**", "`", "===", "---", "[l](u)"),
    *("\0", "\xa0", "\u2028", "\x0b", "\x0c", "\x1c", "\ufeff", "é"),
)


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_whatever_is_written_its_blocks_stand_in_order(notes: str) -> None:
    try:
        document = markdown_document(Path("notes.md"), notes)
    except CorpusError:  # there is nothing to translate
        return
    assert document.filled({}) == notes
    places = [place for unit in document.units for place in (unit.start, unit.end)]
    assert places == sorted(places)
    same = document.filled({number: unit.source for number, unit in enumerate(document.units)})
    assert re.sub(r"[\s>]", "", same) == re.sub(r"[\s>]", "", notes)


def translated(notes: str, voice: Voice, folder: Path) -> str:
    path = folder / "notes.md"
    path.write_bytes(notes.encode())
    return translate_document(voice, open_document(path, Reading("en", "fr"))).content.decode()
