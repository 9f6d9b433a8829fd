"""Drawing: the right distribution, the right restrictions, the same draws whatever lies beside them."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.decoding import guided_ids
from regard.decoding.sampling import draw
from regard.settings import DecodingSettings
from regard.text.control import EOS

LOGITS = torch.tensor([[9.0, 9.0, 9.0, 0.5, 2.0, 1.0, -1.0]], dtype=torch.float64)


def how(**changes: object) -> DecodingSettings:
    return DecodingSettings.model_validate({"samples": 1, **changes})


def shares(settings_: DecodingSettings, count: int = 4000) -> list[float]:
    """How often each token is drawn by evenly spread numbers: its probability, to 1 / count."""
    uniforms = (torch.arange(count, dtype=torch.float64) + 0.5) / count
    drawn = draw(LOGITS.log_softmax(1).expand(count, -1), uniforms, settings_)
    return (torch.bincount(drawn, minlength=7) / count).tolist()


def test_tokens_are_drawn_as_often_as_they_are_probable() -> None:
    expected = LOGITS[:, EOS:].softmax(1)[0].tolist()
    found = shares(how())
    assert found[:EOS] == [0, 0, 0]
    assert max(abs(one - other) for one, other in zip(found[EOS:], expected, strict=True)) < 0.001


def test_temperature_is_an_exponent() -> None:
    expected = (LOGITS[:, EOS:] / 0.5).softmax(1)[0].tolist()
    found = shares(how(temperature=0.5))[EOS:]
    assert max(abs(one - other) for one, other in zip(found, expected, strict=True)) < 0.001


def test_only_the_most_probable_are_drawn() -> None:
    assert [share > 0 for share in shares(how(top_k=2))] == [False] * 4 + [True, True, False]
    # 0.54, 0.2 and 0.12 of what may be drawn: the first reaches 0.5, the first two 0.7, all three 0.86.
    assert sum(share > 0 for share in shares(how(top_p=0.5))) == 1
    assert sum(share > 0 for share in shares(how(top_p=0.7))) == 2
    assert sum(share > 0 for share in shares(how(top_p=1e-9))) == 1


@given(u=st.floats(0, 1, exclude_max=True), top_p=st.floats(0.01, 1), top_k=st.integers(1, 9))
@settings(max_examples=80)
def test_what_is_impossible_is_never_drawn(u: float, top_p: float, top_k: int) -> None:
    log_probs = LOGITS.clone()
    log_probs[0, [EOS, 5]] = float("-inf")
    drawn = draw(log_probs, torch.tensor([u], dtype=torch.float64), how(top_p=top_p, top_k=top_k))
    assert int(drawn) in (4, 6)


def test_the_seed_decides_and_nothing_else(make_toy) -> None:
    toy, sources = make_toy(30, ending=-2.0), [[5, 6], [7], [5, 6]]
    asked = how(samples=3, num_hypotheses=3, max_length=90, beam_size=1)
    found = guided_ids(toy, sources, asked)
    assert found[0] == found[2]
    assert guided_ids(toy, sources[1:2], asked) == found[1:2]
    assert guided_ids(toy, sources, asked.model_copy(update={"batch_tokens": 3})) == found
    assert guided_ids(toy, sources, asked.model_copy(update={"seed": 2})) != found
    fewer = guided_ids(toy, sources[:1], how(samples=1, max_length=90))[0][0]
    assert fewer in found[0]
    assert max(len(each.ids) for group in found for each in group) > 64, "more than one block of random numbers"


def test_an_almost_certain_temperature_is_greedy_search(make_toy) -> None:
    toy = make_toy(30, ending=1.0)
    cold = guided_ids(toy, [[5, 6], [7]], how(temperature=1e-3, max_length=9))
    assert cold == guided_ids(toy, [[5, 6], [7]], DecodingSettings(beam_size=1, max_length=9))


def test_least_risk_keeps_all_samples(make_toy) -> None:
    found = guided_ids(make_toy(6, ending=3.0), [[5]], how(samples=9, minimum_risk=True))[0]
    assert len(found) == 9
    assert len({each.ids for each in found}) < 9
