"""The options of search, which fill a page: declared here, given to a command as one value, shown in groups."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, cast

import typer
from typer.core import TyperCommand

from regard.cli.number import number_from
from regard.cli.options import BeamOption, LengthPenaltyOption, ShortlistOption

if TYPE_CHECKING:
    from regard.translator import SearchOptions

_SEARCH: Final = "Search"
_DRAWING: Final = "Drawing at random"
_TERMS: Final = "Terms and phrases"


def _whole(flag: str, help_text: str, *, least: int = 1, panel: str = _SEARCH) -> Any:
    return typer.Option(flag, min=least, help=help_text, show_default=False, rich_help_panel=panel)


def _number(flag: str, help_text: str, *, above: bool = False, panel: str = _SEARCH) -> Any:
    return typer.Option(
        flag,
        parser=number_from(0, is_allowed=not above),
        metavar="NUMBER",
        help=help_text,
        show_default=False,
        rich_help_panel=panel,
    )


def _phrases(flag: str, metavar: str, help_text: str) -> Any:
    return typer.Option(flag, metavar=metavar, help=help_text, show_default=False, rich_help_panel=_TERMS)


NumHypotheses = Annotated[int | None, _whole("--num-hypotheses", "Translations per sentence; with --json.")]
LengthFormula = Annotated[
    str | None,
    typer.Option(
        "--length-formula",
        metavar="power|wu",
        help="Of the length penalty: length^penalty, or ((5 + length) / 6)^penalty.",
        show_default=False,
        rich_help_panel=_SEARCH,
    ),
]
CoveragePenalty = Annotated[
    float | None, _number("--coverage-penalty", "Rank translations lower that leave source words unattended.")
]
MaxLength = Annotated[int | None, _whole("--max-length", "Tokens of a translation, at most.")]
MinLengthRatio = Annotated[
    float | None, _number("--min-length-ratio", "Tokens of a translation per token of the source, at least.")
]
MaxLengthRatio = Annotated[float | None, _number("--max-length-ratio", "The same, at most.", above=True)]
NoRepeatNgram = Annotated[int | None, _whole("--no-repeat-ngram", "No run of so many tokens comes twice.", least=0)]
DiverseGroups = Annotated[
    int | None, _whole("--diverse-groups", "Divide the beam into groups that avoid each other's words.")
]
Diversity = Annotated[float | None, _number("--diversity", "How much a token loses per earlier group that chose it.")]
DeadlineSeconds = Annotated[
    float | None,
    _number("--deadline-seconds", "Per sentence; then the best so far is returned, and flagged.", above=True),
]
Deterministic = Annotated[
    bool,
    typer.Option(
        "--deterministic",
        help="Each sentence by itself: the same bits whatever is translated beside it; slower.",
        rich_help_panel=_SEARCH,
    ),
]
Samples = Annotated[
    int | None, _whole("--samples", "Draw so many translations instead of searching.", least=0, panel=_DRAWING)
]
Temperature = Annotated[
    float | None, _number("--temperature", "Below 1 prefers the probable.", above=True, panel=_DRAWING)
]
TopK = Annotated[int | None, _whole("--top-k", "Draw from so many of the most probable tokens.", panel=_DRAWING)]
TopP = Annotated[
    float | None,
    _number("--top-p", "Draw from the most probable tokens that make up so much.", above=True, panel=_DRAWING),
]
Seed = Annotated[int | None, _whole("--seed", "The same seed draws the same.", least=0, panel=_DRAWING)]
MinimumRisk = Annotated[
    bool,
    typer.Option(
        "--minimum-risk",
        help="Choose the sample that is most like the others.",
        rich_help_panel=_DRAWING,
    ),
]
Glossary = Annotated[
    Path | None,
    _phrases("--glossary", "FILE", "Terms and their translations: term, a tab, translation|another, one a line."),
]
Forbid = Annotated[list[str] | None, _phrases("--forbid", "PHRASE", "No translation contains this; may be repeated.")]
Require = Annotated[
    list[str] | None, _phrases("--require", "PHRASE", "Every translation contains this; may be repeated.")
]
Prefix = Annotated[str | None, _phrases("--prefix", "TEXT", "How every translation begins.")]


def search_options(
    *,
    beam_size: BeamOption = None,
    num_hypotheses: NumHypotheses = None,
    length_penalty: LengthPenaltyOption = None,
    length_formula: LengthFormula = None,
    coverage_penalty: CoveragePenalty = None,
    max_length: MaxLength = None,
    min_length_ratio: MinLengthRatio = None,
    max_length_ratio: MaxLengthRatio = None,
    no_repeat_ngram: NoRepeatNgram = None,
    diverse_groups: DiverseGroups = None,
    diversity: Diversity = None,
    deadline_seconds: DeadlineSeconds = None,
    deterministic: Deterministic = False,
    shortlist: ShortlistOption = False,
    samples: Samples = None,
    temperature: Temperature = None,
    top_k: TopK = None,
    top_p: TopP = None,
    seed: Seed = None,
    minimum_risk: MinimumRisk = False,
    glossary: Glossary = None,
    forbid: Forbid = None,
    require: Require = None,
    prefix: Prefix = None,
) -> "SearchOptions":
    """What a person may change about search; what is not given stays as the model's settings say."""
    given = dict(locals())
    given["forbidden"], given["required"] = given.pop("forbid"), given.pop("require")
    for name in ("minimum_risk", "deterministic", "shortlist"):
        given[name] = given[name] or None
    return cast("SearchOptions", {name: value for name, value in given.items() if value is not None})


def flags_of(search: "SearchOptions") -> list[str]:
    """The options as they are typed, of what is given."""
    names = {"forbidden": "forbid", "required": "require"}
    return [f"--{names.get(name, name).replace('_', '-')}" for name in search]


class GroupedCommand(TyperCommand):
    """A command whose help shows its options in groups, also as plain text."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Arguments, then options without a group, then the groups in the order of their first option."""
        groups: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                kind = "Arguments" if parameter.param_type_name == "argument" else "Options"
                groups.setdefault(getattr(parameter, "rich_help_panel", None) or kind, []).append(record)
        for name, records in groups.items():
            if records:
                with formatter.section(name):
                    formatter.write_dl(records)
