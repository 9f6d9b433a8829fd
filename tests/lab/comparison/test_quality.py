"""The sentences of a comparison: files are read in the languages, and if they have them the columns, of its sides."""

from pathlib import Path

import pytest

from regard.lab.comparison import Budget, ScoredSet, plan_comparison
from regard.lab.comparison.quality import sentences_of

TURNED = """\
<tmx version="1.4"><header srclang="de" segtype="sentence" datatype="plaintext"/><body>
<tu><tuv xml:lang="de"><seg>eins</seg></tuv><tuv xml:lang="fr"><seg>un</seg></tuv>
<tuv xml:lang="en"><seg>one</seg></tuv></tu>
</body></tmx>
"""
COLUMNS = ["data.source_column='English'", "data.target_column='French'"]


@pytest.mark.parametrize(
    ("name", "text", "settings"),
    [
        ("test.tmx", TURNED, []),
        ("test.csv", "French,English\nun,one\n", COLUMNS),
        ("test.csv", "target,source\nun,one\n", COLUMNS),
        ("tests/1.tmx", TURNED, []),
    ],
)
def test_a_test_file_is_read_as_the_sides_are_trained(
    numbers: dict[str, Path], tmp_path: Path, name: str, text: str, settings: list[str]
) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text, encoding="utf-8")
    given = [f"data.source='{numbers['train.en']}'", f"data.target='{numbers['train.fr']}'", *settings]
    sides = (str(numbers["able.toml"]), str(numbers["crippled.toml"]))
    test = ScoredSet(tmp_path / Path(name).parts[0])
    plan, data = plan_comparison(*sides, given, seeds=(1,), budget=Budget(tokens=1), threads=1, test=test)
    sentences = sentences_of(plan, data)
    assert (sentences.sources, sentences.targets) == (("one",), ("un",))
