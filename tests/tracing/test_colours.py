import re
from itertools import pairwise
from pathlib import Path

import pytest

import regard.picture
from regard.tracing.colours import STOPS, channels, colour_of, css, ink_on, luminance

PALETTE = Path(regard.picture.__file__).with_name("palette.js")
SHARES = [step / 100 for step in range(101)]


@pytest.mark.parametrize("domain", STOPS)
def test_the_browser_has_the_same_colours(domain):
    light = PALETTE.read_text(encoding="utf-8").split("light:")[1].split("dark:")[0]
    found = re.search(rf"{domain}: \[(.*?)\]", light)
    assert found is not None
    assert tuple(re.findall(r"#[0-9a-f]{6}", found[1])) == STOPS[domain]


def test_more_is_darker():
    for domain, values in (("weights", SHARES), ("scores", [2 * share - 1 for share in SHARES])):
        greys = [luminance(colour_of(value, domain)) for value in values]
        # Eight bits a channel: neighbours may differ by a rounding, further apart there is no doubt.
        assert all(after <= before + 0.005 for before, after in pairwise(greys))
        assert all(after < before for before, after in zip(greys, greys[10:], strict=False))


def test_writing_can_be_read_on_every_colour():
    for domain, values in (("weights", SHARES), ("scores", [2 * share - 1 for share in SHARES])):
        for value in values:
            ground = colour_of(value, domain)
            light, dark = sorted([luminance(ground), luminance(channels(ink_on(ground)))], reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_ends_and_beyond():
    assert css(colour_of(0.0, "weights")) == STOPS["weights"][0]
    assert css(colour_of(1.0, "weights")) == css(colour_of(7.0, "weights")) == STOPS["weights"][-1]
    assert css(colour_of(-3.0, "scores", 3.0)) == STOPS["scores"][0]
    assert colour_of(0.0, "scores", 0.0) == colour_of(0.0, "scores", 5.0)
