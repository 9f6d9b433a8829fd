"""``regard translate``: one line in, one line out."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from regard.cli.answer import as_json, in_one_line
from regard.translator import Alternative, Translation


def translate_in_shell(command: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """Runs a shell line in which ``$REGARD`` is the command; a pipe fails if any part of it does."""
    regard = f"{sys.executable} -m regard"
    env = os.environ | {"REGARD": regard} | variables
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], env=env, capture_output=True, check=False, timeout=120
    )


def test_a_line_is_translated(regard, tiny_run: Path) -> None:
    outcome = regard("translate", tiny_run, stdin=b"four two seven\n")
    assert (outcome.code, outcome.out, outcome.err) == (0, "quatre deux sept\n", "")


def test_compiled_the_same_line_comes_out(regard, tiny_run: Path, needs_tool) -> None:
    needs_tool("g++")
    outcome = regard("translate", tiny_run, "--compile", stdin=b"four two seven\n")
    assert (outcome.code, outcome.out, outcome.err) == (0, "quatre deux sept\n", "")


def test_what_cannot_be_compiled_is_said_and_translated(regard, tiny_run: Path) -> None:
    outcome = regard("translate", tiny_run, "--compile", "--dtype", "float64", stdin=b"four two seven\n")
    assert (outcome.code, outcome.out) == (0, "quatre deux sept\n")
    assert outcome.err.startswith("run translates without compiled code: ")


@pytest.mark.parametrize(
    ("given", "num_lines"),
    [
        (b"", 0),
        (b"\n", 1),
        (b"one two three", 1),
        (b"one\r\n\r\ntwo\r\n", 3),
        (b"\n\none\n\n", 4),
        ("one\u2028two\x0cthree\x85four\n".encode(), 1),
        ("😀 ½ \u202f Ω‱\n".encode(), 1),
        (b"one two " * 375 + b"\none\n", 2),
        (b"x" * 3000 + b"\n", 1),
    ],
    ids=["empty", "blank", "no-end", "crlf", "blanks", "other-separators", "unseen", "long", "long-word"],
)
@pytest.mark.parametrize("option", ["--json", "--stream", "--beam-size=2", "--alignments"])
def test_as_many_lines_come_out_as_went_in(regard, tiny_run: Path, given: bytes, num_lines: int, option: str) -> None:
    outcome = regard("translate", tiny_run, option, stdin=given)
    assert outcome.code == 0, outcome.err
    assert outcome.out.count("\n") == num_lines
    assert outcome.out == "" or outcome.out.endswith("\n")


def test_blank_lines_stay_where_they_are(regard, tiny_run: Path) -> None:
    outcome = regard("translate", tiny_run, stdin=b"one two three\n\n \nfour five six\n")
    assert outcome.out == "un deux trois\n\n\nquatre cinq six\n"


def test_json_shows_what_else_was_considered(regard, tiny_run: Path) -> None:
    options = ["--beam-size", 5, "--num-hypotheses", 3, "--json"]
    outcome = regard("translate", tiny_run, *options, stdin="one two é\n\n".encode())
    first, second = map(json.loads, outcome.out.splitlines())
    confidence = ["confidence", "token_confidences", "flags"]
    assert list(first) == ["source", "text", "score", "tokens", *confidence, "hypotheses", "parts"]
    assert len(first["token_confidences"]) == len(first["tokens"])
    assert 0 < first["confidence"] <= 1
    assert first["flags"] == []
    assert first["source"] == "one two é"
    assert [list(one) for one in first["hypotheses"]] == [["text", "score", "confidence", "flags"]] * 3
    assert first["hypotheses"][0] == {name: first[name] for name in ("text", "score", "confidence", "flags")}
    scores = [one["score"] for one in first["hypotheses"]]
    assert scores == sorted(scores, reverse=True)
    assert len({one["text"] for one in first["hypotheses"]}) == 3
    assert (second["source"], second["text"]) == ("", "")


def test_streaming_is_greedy_search(regard, tiny_run: Path) -> None:
    lines = b"four two seven\n\nnine nine one\n"
    streamed = regard("translate", tiny_run, "--stream", stdin=lines)
    greedy = regard("translate", tiny_run, "--beam-size", 1, stdin=lines)
    assert streamed.out == greedy.out
    assert "quatre deux sept" in streamed.out


def test_files_are_read_and_written(regard, tiny_run: Path, tmp_path: Path) -> None:
    source, target = tmp_path / "in.en", tmp_path / "out.fr"
    source.write_bytes(b"one two three\n")
    outcome = regard("translate", tiny_run, source, "-o", target)
    assert (outcome.code, outcome.out) == (0, "")
    assert target.read_bytes() == b"un deux trois\n"


def test_each_line_is_answered_before_the_next_is_asked(tiny_run: Path) -> None:
    command = [sys.executable, "-m", "regard", "translate", tiny_run]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for line in (b"one\n", b"two two two\n"):
            process.stdin.write(line)
            process.stdin.flush()
            assert process.stdout.readline().endswith(b"\n")
        process.stdin.close()
        assert process.wait(timeout=60) == 0


def test_a_reader_that_has_enough_ends_it_quietly(tiny_run: Path, tmp_path: Path) -> None:
    (tmp_path / "many.en").write_text("one two three\n" * 3000)
    result = translate_in_shell(f"$REGARD translate --beam-size 1 {tiny_run} {tmp_path / 'many.en'} | head -n 1")
    assert (result.returncode, result.stdout, result.stderr) == (0, b"un deux trois\n", b"")


def test_a_locale_without_utf8_changes_nothing(tiny_run: Path) -> None:
    result = translate_in_shell(f"echo zero | $REGARD translate {tiny_run}", LC_ALL="C", PYTHONUTF8="0")
    assert result.returncode == 0
    assert "zéro".encode() in result.stdout


def test_a_full_disk_is_said(tiny_run: Path) -> None:
    result = translate_in_shell(f"echo one | $REGARD translate {tiny_run} > /dev/full")
    assert result.returncode == 4
    assert result.stderr.startswith(b"regard: no space left on the disk")


def test_line_breaks_of_the_model_cannot_shift_lines() -> None:
    translation = Translation("a\nb", -1.0, ("a",), (Alternative("a\nb", -1.0, ("a",), finished=True),))
    assert "\n" not in as_json("x\ny", translation)
    assert in_one_line("a\nb") == "a b"


def test_a_paragraph_of_200_sentences_stays_one_line(regard, tiny_run: Path) -> None:
    paragraph = " ".join(["One two three.", "Four five six."] * 100)
    around = "four two seven"
    for options in ([], ["--stream"]):
        outcome = regard("translate", tiny_run, *options, stdin=f"{around}\n{paragraph}\n{around}\n".encode())
        assert outcome.code == 0, outcome.err
        first, whole, last, end = outcome.out.split("\n")
        assert (first, last, end) == ("quatre deux sept", "quatre deux sept", "")
        assert len(whole.split()) > 10
    assert json.loads(regard("translate", tiny_run, "--json", stdin=paragraph.encode()).out)["parts"] >= 4


def test_alignments_stand_behind_the_translation(regard, tiny_run: Path) -> None:
    outcome = regard("translate", tiny_run, "--alignments", stdin=b"four two seven\n\n")
    assert outcome.out == "quatre deux sept ||| 0-0 1-1 2-2\n ||| \n"


def test_alignments_in_json(regard, tiny_run: Path) -> None:
    outcome = regard("translate", tiny_run, "--alignments", "--json", stdin=b" four two seven \n")
    answer = json.loads(outcome.out)
    assert answer["source_words"] == ["four", "two", "seven"]
    assert answer["target_words"] == ["quatre", "deux", "sept"]
    assert answer["alignment"] == [[0, 0], [1, 1], [2, 2]]


def test_without_the_option_there_are_none(regard, tiny_run: Path) -> None:
    assert "alignment" not in json.loads(regard("translate", tiny_run, "--json", stdin=b"one\n").out)


def test_what_does_not_go_with_stream(regard, tiny_run: Path) -> None:
    outcome = regard("translate", tiny_run, "--alignments", "--processes", 2, "--stream", stdin=b"one\n")
    assert outcome.code == 2
    assert "--stream shows greedy search as it goes; leave out --alignments, --processes" in outcome.err


def test_several_models_at_once(regard, tiny_run: Path) -> None:
    outcome = regard("translate", tiny_run, "--ensemble", tiny_run / "model", stdin=b"four two seven\n")
    assert (outcome.code, outcome.out) == (0, "quatre deux sept\n")
