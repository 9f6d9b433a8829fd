"""Loading settings: layers, overrides, and every problem said at once, with where it stood."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.errors import SettingsError
from regard.settings import Settings, load_settings, settings_from_json
from regard.settings.expectation import plain_type, takes_text
from regard.settings.layer import fields_of


@pytest.fixture
def write(tmp_path: Path):
    def _write(text: str | bytes) -> Path:
        path = tmp_path / "run.toml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return _write


def refusal(path: Path | None = None, *overrides: str, **more: object) -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings(path, overrides, **more)
    return str(caught.value)


def test_nothing_given_gives_the_defaults() -> None:
    assert load_settings(None) == Settings()


def test_layers_lie_above_each_other(write) -> None:
    path = write("[training]\nseed = 2\nwarmup_steps = 50\n")
    settings = load_settings(path, ["training.seed=3"], preset="tiny")
    assert settings.training.seed == 3, "an override is above the file"
    assert settings.training.warmup_steps == 50, "the file is above the preset"
    assert settings.training.learning_rate == 2e-3, "the preset is above the default"
    assert settings.training.label_smoothing == 0.1


@pytest.mark.parametrize(
    ("override", "section", "key", "value"),
    [
        ("model.norm=post", "model", "norm", "post"),
        ('model.norm="post"', "model", "norm", "post"),
        ("training.clip_norm = 0.5", "training", "clip_norm", 0.5),
        ("training.clip_norm=none", "training", "clip_norm", None),
        ("model.feedforward=none", "model", "feedforward", "none"),
        ("training.betas=[0.8, 0.9]", "training", "betas", (0.8, 0.9)),
        ("training.tensorboard=true", "training", "tensorboard", True),
        ("training.max_minutes=30", "training", "max_minutes", 30.0),
        ("data.source_language=no", "data", "source_language", "no"),
        ("data.source=2024-01-01", "data", "source", Path("2024-01-01")),
        ("data.source=7", "data", "source", Path("7")),
        ("data.source=a=b.tsv", "data", "source", Path("a=b.tsv")),
        ("data.source=a\nb = 1", "data", "source", Path("a\nb = 1")),
    ],
)
def test_override_values(override: str, section: str, key: str, value: object) -> None:
    settings = load_settings(None, [override])
    assert getattr(getattr(settings, section), key) == value


def test_last_override_wins() -> None:
    assert load_settings(None, ["training.seed=4", "training.seed=5"]).training.seed == 5


def test_all_problems_are_said_at_once_with_their_place(write) -> None:
    path = write('[training]\nlearning_rat = 0.1\nseed = -3\n\n[model]\nnum_heads = "four"\n[dta]\n')
    message = refusal(path, "decoding.num_hypotheses=9", "training.dropout=1", "beam=3")
    assert message.splitlines() == [
        "the settings have 7 problems:",
        f"- {path}, line 2: unknown key training.learning_rat; did you mean learning_rate?",
        f"- {path}, line 7: unknown section dta; did you mean [data]?",
        "- override: unknown key training.dropout; did you mean model.dropout?",
        '- override "beam=3": expected section.key=value; did you mean decoding.beam_size?',
        f'- {path}, line 6: model.num_heads = "four"; expected a whole number, at least 1, at most 256',
        f"- {path}, line 3: training.seed = -3; expected a whole number, at least 0, below {2**63}",
        "- override: in [decoding], num_hypotheses must be at most beam_size, but 9 > 5",
    ]


def test_one_problem_is_one_line() -> None:
    assert refusal(None, "model.norm=prae") == 'override: model.norm = "prae"; expected one of "pre", "post"'


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("training.seed=1.5", "expected a whole number"),
        ("training.seed=true", "expected a whole number"),
        ("training.tensorboard=1", "expected true or false"),
        ("training.learning_rate=inf", "expected a number, above 0"),
        ("training.learning_rate=nan", "expected a number, above 0"),
        ("training.betas=[0.9, 1.0]", r"expected a list such as \[0.9, 0.98\]"),
        ("training.betas=0.9", r"expected a list such as \[0.9, 0.98\]"),
        ("training.ema_decay=1", 'expected a number, above 0, below 1, or "none"'),
        ("training.device=tpu", 'expected text such as "auto", "cpu", "cuda", "cuda:1"'),
        ("data.source_language=english!", 'expected text such as "en", "fr", "pt-BR"'),
        ("data.source=a\0b", 'expected a path in quotes, or "none"'),
        ("data.source=\udce9", 'expected a path in quotes, or "none"'),
        ("data.source_column=\udcff", 'data.source_column = .* expected text in quotes, or "none"'),
        ('training.freeze=["encoder", "\udcff"]', r"training.freeze = .* expected a list such as \['encoder'"),
        ('training.lora_matrices=["\udcff"]', "training.lora_matrices = .* expected a list such as"),
        ('decoding.forbidden=["\udcff"]', "decoding.forbidden = .* expected a list such as"),
        ("model=3", "expected section.key=value"),
        ("seed", r"expected section.key=value; did you mean training.seed\?"),
        ("zzzzzz", "expected section.key=value; such as training.seed=2"),
        (".seed=3", "expected section.key=value"),
        ("training.seed.deep=3", r"unknown key training.seed.deep; did you mean seed\?"),
        ("model.zzzzzz=3", "unknown key model.zzzzzz; see the list of settings"),
        ("zzzzzz.seed=3", r"unknown section zzzzzz; there are \[data\], \[text\], \[model\]"),
    ],
)
def test_wrong_overrides(override: str, expected: str) -> None:
    with pytest.raises(SettingsError, match=expected):
        load_settings(None, [override])


def test_no_setting_holds_half_a_character() -> None:
    fields = {
        f"{section}.{key}": field for section in Settings.model_fields for key, field in fields_of(section).items()
    }
    texts = [name for name, field in fields.items() if takes_text(field)]
    lists = [name for name, field in fields.items() if get_origin(plain_type(field)) is tuple]
    assert {"data.source_column", "data.cache", "training.device"} <= set(texts)
    assert {"training.freeze", "training.lora_matrices"} <= set(lists)
    for override in [f"{name}=\udcff" for name in texts] + [f'{name}=["\udcff"]' for name in lists]:
        with pytest.raises(SettingsError, match="expected"):
            load_settings(None, [override])


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (["data.target=x"], "target is given without source"),
        (["data.source=x", "data.valid_target=y"], "valid_target is given without valid_source"),
        (["data.valid_source=x"], "valid_source is given without source"),
        (["decoding.num_hypotheses=3", "decoding.beam_size=2"], "num_hypotheses must be at most beam_size, but 3 > 2"),
        (["model.num_heads=3"], "num_heads must divide model_dim, but 256 / 3 leaves a rest"),
        (["model.model_dim=6", "model.num_heads=2", "model.positions=rotary"], "rotary positions need an even"),
        (["model.model_dim=3", "model.num_heads=1"], "sinusoidal positions need an even model_dim, but it is 3"),
        (
            ["model.kind=recurrent", "model.model_dim=250"],
            r"override: in \[model\], a recurrent model's state_dim must be a multiple of twice "
            "num_heads, but it is 250 with 4 heads; if it is not given, it is model_dim",
        ),
    ],
)
def test_rules_between_keys(overrides: list[str], expected: str) -> None:
    with pytest.raises(SettingsError, match=expected):
        load_settings(None, overrides)


def test_rules_hold_in_python_too() -> None:
    with pytest.raises(ValueError, match="num_heads must divide model_dim"):
        Settings.model_validate({"model": {"num_heads": 3}})


def test_a_rule_about_a_wrong_value_is_not_reported_on_top() -> None:
    message = refusal(None, "model.num_heads=3", "model.model_dim=x", "decoding.num_hypotheses=6")
    assert "must divide" not in message
    assert message.count("\n- ") == 2


def test_a_wrong_value_that_is_overridden_does_not_matter(write) -> None:
    assert load_settings(write('[training]\nseed = "x"\n'), ["training.seed=7"]).training.seed == 7


def test_malformed_toml_names_line_and_column(write) -> None:
    with pytest.raises(SettingsError, match=r"run.toml is not TOML: .*\(at line 2, column 7\)"):
        load_settings(write("[training]\nseed =\n"))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("x = " + "[" * 3000, "is not TOML"),
        ("x = " + "9" * 5000, "is not TOML"),
        (b"[data]\nsource = '\xe9'\n", "line 2 is not UTF-8; save the settings file as UTF-8"),
        ("#" * (1 << 21), "larger than 1 MiB"),
        ("training = 3", "line 1: training = 3; expected a table"),
        ("beam_size = 3", r"line 1: unknown section beam_size; did you mean decoding.beam_size\?"),
        ("[training]\nseed = 2024-01-01\n", "training.seed = 2024-01-01; expected a whole number"),
        ("[training.seed]\nx = 1\n", "training.seed = .* expected a whole number"),
        ("[training]\nmax_steps = 0\n" + "'''" + "'''", "is not TOML"),
    ],
)
def test_hopeless_files(write, content: str | bytes, expected: str) -> None:
    with pytest.raises(SettingsError, match=expected):
        load_settings(write(content))


def test_the_line_is_left_out_where_it_is_uncertain(write) -> None:
    path = write('[data]\nsource = """\nseed = 1"""\n[training]\nseed = "x"\n')
    assert refusal(path).startswith(f'{path}: training.seed = "x"; ')


def test_dotted_keys_and_a_byte_order_mark_are_read(write) -> None:
    settings = load_settings(write("\ufefftraining.seed = 5\n"))
    assert settings.training.seed == 5
    assert "line 1: training.seed" in refusal(write("training . seed = -5\n"))


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"the settings file .*nothing.toml cannot be read: No such file"):
        load_settings(tmp_path / "nothing.toml")
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        load_settings(tmp_path)


def test_a_broken_file_does_not_hide_a_broken_override(write) -> None:
    message = refusal(write("seed ="), "training.seed=x", preset="tinny")
    assert message.count("\n- ") == 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[]", "config.json must hold a JSON object of sections, but holds"),
        ("{", "config.json is not JSON"),
        ('{"training": {"learning_rate": NaN}}', "config.json is not JSON: NaN is not a JSON number"),
        ("[" * 100_000, "config.json is not JSON"),
        ('{"training": {"sed": 1}}', r"config.json: unknown key training.sed; did you mean seed\?"),
        ('{"training": null}', "expected a table"),
        ('{"data": {"target_column": "\\ud800"}}', "data.target_column = .* expected text in quotes"),
        (b"\xff\xfe\xfd", "config.json is not JSON"),
    ],
)
def test_hopeless_json(text: str | bytes, expected: str) -> None:
    with pytest.raises(SettingsError, match=expected):
        settings_from_json(text, where="config.json")


def problems_of(load: Callable[[], Settings]) -> str:
    try:
        load()
    except SettingsError as error:
        return str(error)
    return ""


@given(st.lists(st.text(max_size=30), max_size=4))
def test_any_override_loads_or_is_refused(overrides: list[str]) -> None:
    message = problems_of(lambda: load_settings(None, overrides))
    assert (not message and not overrides) or "expected" in message or "unknown" in message


TOGETHER = {
    "model.kind": ["transformer", "recurrent"],
    "model.model_dim": [250, 255],
    "model.num_heads": [1, 3, 0],
    "model.state_dim": [250, 256],
    "model.positions": ["rotary", "learned"],
    "decoding.samples": [1, 9],
    "decoding.beam_size": [1, 4],
    "decoding.num_hypotheses": [2, 9],
    "decoding.minimum_risk": ["true"],
    "training.lora_rank": [1],
    "training.optimizer": ["muon"],
    "data.target": ["x.fr"],
}
SAYINGS = [f"{key}={value}" for key, values in TOGETHER.items() for value in values]


@pytest.mark.parametrize("first", SAYINGS)
def test_any_two_values_load_or_are_refused_with_their_place(first: str) -> None:
    for second in SAYINGS:
        message = problems_of(lambda given=second: load_settings(None, [first, given]))
        assert not message or message.count("override: ") == max(1, message.count("\n- "))


@given(st.lists(st.sampled_from(SAYINGS), min_size=3, max_size=4))
def test_any_few_values_load_or_are_refused_with_their_place(overrides: list[str]) -> None:
    message = problems_of(lambda: load_settings(None, overrides))
    assert not message or message.count("override: ") == max(1, message.count("\n- "))


leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
values = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=4), inner), max_leaves=4)
names = st.sampled_from(["seed", "betas", "source", "num_heads", "max_minutes", "kind", "device", "wrong"])
sections = st.sampled_from(["data", "text", "model", "training", "decoding", "wrong"])


@given(st.dictionaries(sections, st.dictionaries(names, values, max_size=3) | values, max_size=3))
def test_any_json_loads_or_is_refused(tables: dict[str, object]) -> None:
    message = problems_of(lambda: settings_from_json(json.dumps(tables), where="config.json"))
    assert not message or "config.json" in message
