"""Sentences with placeholders and tags: kept, put back, or flagged; never lost in silence."""

import random
from collections.abc import Callable, Sequence
from types import ModuleType

import pytest

from regard.documents import Counts, Outcome, Protected, translate_protected
from regard.documents.protect import _Line
from regard.documents.voice import Voice
from regard.text import Mark

WORDS = ("the", "sea", "is", "blue", "and", "house", "with", "green", "doors", "near", "my", "friend", "sees", "today")


def said(protected: Protected) -> str:
    return "".join(part if isinstance(part, str) else part.raw for part in protected.parts)


def one(voice: Voice, text: str, **options: Sequence[Sequence[str]]) -> Protected:
    return translate_protected(voice, [(text,)], **options)[0]


@pytest.fixture(scope="module")
def placeholders(load_program: Callable[[str], ModuleType]) -> ModuleType:
    """It draws messages and says what is missing, and takes neither from the code that is tested."""
    return load_program("benchmarks/placeholders.py")


@pytest.fixture(scope="module")
def messages(placeholders: ModuleType) -> list[tuple[str, list[str]]]:
    """Messages, and what each must keep."""
    chance = random.Random(1)
    sentences = [" ".join(chance.choices(WORDS, k=chance.randint(2, 8))) for _ in range(300)]
    drawn: list[tuple[str, list[str]]] = placeholders.messages(sentences, 300, chance)
    return drawn


def test_a_sentence_without_marks_is_simply_translated(shouting: Voice) -> None:
    assert one(shouting, "Good morning") == Protected(("GOOD MORNING",), Outcome.PLAIN, 0.5)


def test_what_comes_back_by_itself_is_kept_at_once(shouting: Voice) -> None:
    found = one(shouting, "Delete 5 of %S")
    assert (said(found), found.outcome) == ("DELETE 5 OF %S", Outcome.KEPT)


def test_placeholders_are_hidden_behind_words_that_are_copied(backwards: Voice) -> None:
    found = one(backwards, "show %(name)s now")
    assert (said(found), found.outcome) == ("now %(name)s show", Outcome.RETRIED)


def test_paired_tags_follow_their_words(backwards: Voice) -> None:
    found = one(backwards, "one <b>two three</b> four <i>five</i>")
    assert (said(found), found.outcome) == ("<i>five</i> four <b>three two</b> one", Outcome.RETRIED)


def test_nested_tags_stay_nested(backwards: Voice) -> None:
    assert said(one(backwards, "a <b>big <i>red</i></b> boat")) == "boat <b><i>red</i> big</b> a"


def test_figures_before_a_placeholder_go_with_it(backwards: Voice) -> None:
    assert said(one(backwards, "about 100%% of %(a)s/%(b)s")) == "%(a)s/%(b)s of 100%% about"


def test_unnumbered_formats_keep_their_order(backwards: Voice) -> None:
    found = one(backwards, "from %s to %d")
    assert (said(found), found.outcome) == ("from %s to %d", Outcome.FLAGGED)
    assert found.problem


def test_numbered_formats_may_change_places(backwards: Voice) -> None:
    found = one(backwards, "from %1$s to %2$d")
    assert (said(found), found.outcome) == ("%2$d to %1$s from", Outcome.RETRIED)


def test_lines_are_translated_one_by_one(backwards: Voice) -> None:
    assert said(one(backwards, "one two\n\n three four\\nfive six<br>seven eight")) == (
        "two one\n\n four three\\nsix five<br>eight seven"
    )


def test_search_is_made_to_write_what_it_would_leave_out(obedient: Voice) -> None:
    found = one(obedient, "show %(name)s to %(count)d people")
    assert (said(found), found.outcome, found.problem) == ("Bonjour %(name)s %(count)d", Outcome.RETRIED, "")


def test_what_was_forced_and_does_not_fit_is_flagged(obedient: Voice) -> None:
    obedient.confidence = 0.2  # type: ignore[attr-defined]
    found = one(obedient, "show %(name)s now")
    assert (said(found), found.outcome) == ("bonjour %(name)s bonjour", Outcome.FLAGGED)


def test_quotation_marks_go_with_the_placeholder_in_them(backwards: Voice) -> None:
    assert said(one(backwards, "the page “%(title)s” has '%(n)s' left (%(all)s)")) == (
        "(%(all)s) left '%(n)s' has “%(title)s” page the"
    )
    assert said(one(backwards, 'a "%(b)s" c')) == 'c "%(b)s" a'


def test_the_signs_around_a_piece_stay(forgetful: Voice) -> None:
    found = one(forgetful, "%s), deleted: “%d” one. (%d) -- no %s")
    assert (said(found), found.outcome) == ("%s), bonjour: “%d” bonjour. (%d) -- bonjour %s", Outcome.FLAGGED)


def test_what_no_try_keeps_is_flagged_and_has_everything(forgetful: Voice) -> None:
    found = one(forgetful, "show %(name)s to <b>me</b>")
    assert (said(found), found.outcome) == ("bonjour %(name)s bonjour <b>bonjour</b>", Outcome.FLAGGED)


def test_what_not_even_pieces_save_stays_as_it_was(inventive: Voice) -> None:
    found = one(inventive, "show {name} now")
    assert (said(found), found.outcome, found.confidence) == ("show {name} now", Outcome.FLAGGED, 0.0)


def test_invented_placeholders_are_seen_in_plain_sentences_too(inventive: Voice) -> None:
    found = one(inventive, "Good morning")
    assert (said(found), found.outcome) == ("Good morning", Outcome.FLAGGED)


def test_a_percent_sign_in_a_format_string_is_refused(shouting: Voice) -> None:
    class Percent(type(shouting)):  # type: ignore[misc]
        def say(self, sentence: str) -> str:
            return "à 100 % de"

    assert one(Percent(), "Good morning", formats=[("c-format",)]).outcome is Outcome.FLAGGED
    assert one(Percent(), "Good morning").outcome is Outcome.PLAIN


@pytest.mark.parametrize("text", ["%s", "  ", "{{ x }}: 42", "<b></b>", "", "\n"])
def test_without_a_letter_nothing_is_asked(shouting: Voice, text: str) -> None:
    found = one(shouting, text)
    assert said(found) == text
    assert shouting.asked == []  # type: ignore[attr-defined]


def test_space_bullets_and_enclosing_tags_stay_around(backwards: Voice) -> None:
    assert said(one(backwards, "  - <p><b>one two</b></p> ")) == "  - <p><b>two one</b></p> "


def test_known_marks_are_never_shown(shouting: Voice) -> None:
    mark = Mark("<x/>", "value")
    found = translate_protected(shouting, [("see ", mark, " now")])[0]
    assert mark in found.parts


@pytest.mark.guarantee(
    "Placeholders and tags of a message are kept, or the message is flagged",
    area="data",
    control="test_without_the_judge_losses_are_seen",
    reported="LibreTranslate #123, #944",
)
@pytest.mark.parametrize("speaker", ["shouting", "backwards", "forgetful", "inventive"])
def test_nothing_is_lost_in_silence(
    speaker: str,
    messages: list[tuple[str, list[str]]],
    placeholders: ModuleType,
    request: pytest.FixtureRequest,
) -> None:
    found = translate_protected(request.getfixturevalue(speaker), [(text,) for text, _ in messages])
    for (text, kept), protected in zip(messages, found, strict=True):
        assert placeholders.missing(said(protected), kept) == [], text
    counts = Counts.of(each.outcome for each in found)
    assert counts.total == len(messages)
    assert counts[Outcome.PLAIN] == 0


def test_without_the_judge_losses_are_seen(
    messages: list[tuple[str, list[str]]], placeholders: ModuleType, forgetful: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regard.documents.protect.mismatch", lambda *_, **__: None)
    found = translate_protected(forgetful, [(text,) for text, _ in messages[:50]])
    assert any(placeholders.missing(said(each), kept) for (_, kept), each in zip(messages[:50], found, strict=True))


def test_a_line_remembers_the_first_problem() -> None:
    line = _Line(("see %s",), ())
    assert not line.take(("voir",), Outcome.KEPT, 1.0)
    assert line.problem == "missing: %s" or line.result().outcome is Outcome.FLAGGED
