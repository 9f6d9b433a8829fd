"""Every French word is known to a French spelling dictionary."""

import os
import re
import subprocess
from collections.abc import Callable

import pytest

from regard.corpus.builtin import BuiltinPair
from regard.corpus.builtin.lexicon import load_lexicon

_WORD = re.compile(r"[Aa]ujourd'hui|[^\W\d_]+(?:-[^\W\d_]+)*")


@pytest.fixture
def unknown(needs_tool: Callable[[str], str]) -> Callable[[set[str]], list[str]]:
    """Gives the words that hunspell's French dictionary does not know."""
    command = [needs_tool("hunspell"), "-d", "fr", "-i", "utf-8", "-l"]

    def look_up(words: set[str]) -> list[str]:
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        listed = "\n".join(sorted(words)) + "\n"
        found = subprocess.run(command, input=listed, env=environment, capture_output=True, text=True, check=False)
        if "Can't open" in found.stderr:
            complaint = "hunspell has no French dictionary; scripts/system-packages hunspell installs it, or says how"
            pytest.fail(complaint) if os.environ.get("CI") == "true" else pytest.skip(complaint)
        assert found.returncode == 0, found.stderr
        return found.stdout.split()

    return look_up


def test_every_form_of_the_lexicon_is_french(unknown: Callable[[set[str]], list[str]]) -> None:
    lexicon = load_lexicon()
    texts = [form for noun in lexicon.nouns for form in (noun.french, noun.french_plural)]
    texts += [form for adjective in lexicon.adjectives for form in (*adjective.forms, adjective.before_vowel or "")]
    texts += [form for verb in lexicon.verbs for form in (*verb.french.present, *verb.french.command, verb.expression)]
    texts += [form for verb in lexicon.verbs for form in (verb.french.infinitive, verb.french.participle)]
    assert unknown({word for text in texts for word in _WORD.findall(text)}) == []


def test_every_word_of_many_sentences_is_french(
    unknown: Callable[[set[str]], list[str]], drawn_pairs: list[BuiltinPair]
) -> None:
    texts = [text for pair in drawn_pairs for text in (pair.target, *pair.alternatives)]
    words = {word for text in texts for word in _WORD.findall(text)} - {"Aujourd'hui", "aujourd'hui"}
    assert unknown(words) == []


def test_a_misspelled_word_is_noticed(unknown: Callable[[set[str]], list[str]]) -> None:
    assert unknown({"maison", "maizon"}) == ["maizon"]
