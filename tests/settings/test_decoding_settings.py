"""The settings of search: what fits together, and what means nothing."""

import re

import pytest

from regard.errors import SettingsError
from regard.settings import DecodingSettings, dump_settings, load_settings


def decoding(*overrides: str) -> DecodingSettings:
    return load_settings(None, [f"decoding.{override}" for override in overrides]).decoding


def test_every_feature_is_off_by_default() -> None:
    own = DecodingSettings()
    assert (own.coverage_penalty, own.no_repeat_ngram, own.min_length_ratio, own.samples) == (0, 0, 0, 0)
    assert (own.diverse_groups, own.forbidden, own.length_formula) == (1, (), "power")
    assert own.max_length_ratio is own.deadline_seconds is own.glossary is None


def test_they_are_written_and_read_back(tmp_path) -> None:
    given = ['forbidden=["un chien", "chat"]', "glossary=terms.tsv", "samples=8", "top_p=0.9", "minimum_risk=true"]
    settings = load_settings(None, [f"decoding.{each}" for each in given])
    (tmp_path / "all.toml").write_text(dump_settings(settings), encoding="utf-8")
    assert load_settings(tmp_path / "all.toml") == settings
    assert settings.decoding.forbidden == ("un chien", "chat")


def test_as_many_hypotheses_as_samples() -> None:
    assert decoding("samples=9", "num_hypotheses=9", "beam_size=2").num_hypotheses == 9


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["samples=2", "num_hypotheses=3"], "num_hypotheses must be at most samples, but 3 > 2"),
        (["diverse_groups=2"], "diverse_groups must divide beam_size, but 5 is no multiple of 2"),
        (["diverse_groups=5", "samples=3"], "diverse_groups divide a beam, but samples are drawn"),
        (["minimum_risk=true"], "minimum_risk compares samples, but samples is 0; 20 or more are usual"),
        (["top_k=3", "temperature=2.0"], "top_k, temperature mean something only for drawing; give samples too"),
        (["forbidden=3"], "forbidden = 3; expected a list such as ['chien', 'petit chat']"),
        (['forbidden=[" "]'], "expected a list such as"),
        (["length_formula=gnmt"], 'expected one of "power", "wu"'),
        (["top_p=0.0"], "expected a number, above 0, at most 1"),
        (["deadline_seconds=0"], "expected a number, above 0"),
    ],
    ids=lambda given: given[0] if isinstance(given, list) else "",
)
def test_what_is_wrong_is_said(given: list[str], message: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(message)):
        decoding(*given)
