"""What somebody typed behind ``regard explain``, as values; and what does not fit together, refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, final

from regard.cli.output import refuse_existing
from regard.errors import InputError

if TYPE_CHECKING:
    from regard.tracing import HeadName
    from regard.tracing.selection import Selection

ALL: Final = "all"
_WITHOUT_MEANING: Final = {
    "--cell": ("step", "top"),
    "--follow": ("step",),
    "--by-word": ("step",),
    "--positions": ("attention", "layer", "head", "step", "top"),
}


@final
@dataclass(frozen=True)
class View:
    """What to look at, as it was typed."""

    attention: str | None
    layer: int | None
    head: str | None
    layers: str | None
    step: int | None
    top: int | None
    cell: str | None
    follow: bool
    by_word: bool
    positions: bool
    json: bool

    def check(self) -> None:
        """Refuses what cannot be shown at once.

        Raises:
            InputError: two ways of looking exclude each other.
        """
        modes = self._given("cell", "follow", "by_word", "positions")
        if len(modes) > 1:
            raise InputError(f"{' and '.join(modes)} show different things; give one of them")
        shaping = self._given("top")
        if self.json and modes + shaping:
            raise InputError(f"--json writes every number as it is; leave out {', '.join(modes + shaping)}")
        for mode in modes:
            unused = self._given(*_WITHOUT_MEANING[mode])
            if unused:
                raise InputError(f"{', '.join(unused)} would change nothing of what {mode} shows; leave it out")

    def _given(self, *names: str) -> list[str]:
        """Those of the options that were given, as they are typed."""
        values = {name: getattr(self, name) for name in names}
        return [
            f"--{name.replace('_', '-')}" for name, value in values.items() if value is not None and value is not False
        ]

    @property
    def recorded_layers(self) -> tuple[int, int] | None:
        """First and last layer to record; None for all.

        Raises:
            InputError: it is not of the form A-B.
        """
        if self.layers is None:
            return None
        first, dash, last = self.layers.partition("-")
        ends = (first, last if dash else first)
        if not all(map(_is_number, ends)):
            raise InputError(f"--layers takes a range such as 0-1, counted from 0, but is given {self.layers!r:.40}")
        return int(ends[0]), int(ends[1])

    @property
    def selection(self) -> "Selection":
        """Heads and rows to show: those of ``--layer``, else of all layers of ``--layers``, else of the last layer.

        Raises:
            InputError: a name or number is wrong.
        """
        from regard.tracing.selection import Selection, family_of

        return Selection(
            attention=None if self.attention is None else family_of(self.attention),
            layers=self.recorded_layers if self.layer is None else (self.layer, self.layer),
            head=_number_or_all(self.head or "0", "--head"),
            step=self.step,
            top=self.top,
        )


@final
@dataclass(frozen=True)
class Changes:
    """How to translate, and what to change in the run, as it was typed."""

    beam_size: int | None
    pad_source_to: int | None
    prefix: str | None
    without_head: Sequence[str]
    without_mask: bool
    no_positions: bool

    @property
    def any_intervention(self) -> bool:
        """Whether the run differs from an ordinary one."""
        return bool(self.without_head) or self.without_mask or self.no_positions

    @property
    def heads(self) -> "tuple[HeadName, ...]":
        """The heads to switch off.

        Raises:
            InputError: one is not of the form L.H or ATTENTION.L.H.
        """
        return tuple(map(head_name, self.without_head))


@final
@dataclass(frozen=True)
class Files:
    """Where to write, besides the terminal."""

    save: Path | None
    html: Path | None
    svg: Path | None
    csv: Path | None

    def items(self) -> list[tuple[str, Path]]:
        """Option and file, of those that were given."""
        named = {"--save": self.save, "--html": self.html, "--svg": self.svg, "--csv": self.csv}
        return [(option, path) for option, path in named.items() if path is not None]

    def check(self) -> None:
        """Refuses, before any work is done, what cannot be written.

        Raises:
            OutputExistsError: something is there already.
            InputError: a folder does not exist, or one file is given twice.
        """
        for option, path in self.items():
            refuse_existing(path, option=option)
        paths = [path.absolute() for _, path in self.items()]
        if len(set(paths)) < len(paths):
            raise InputError(f"{' and '.join(option for option, _ in self.items())} must be different files")


def head_name(text: str) -> "HeadName":
    """A head as it is typed: ``1.3`` is head 3 of layer 1 in every attention, ``cross.1.3`` in the cross-attention.

    Raises:
        InputError: it is something else.
    """
    from regard.tracing import HeadName
    from regard.tracing.selection import family_of

    *named, layer, head = ["", *text.split(".")] if "." not in text else text.split(".")
    if len(named) > 1 or not layer or not head:
        raise InputError(
            f"--without-head takes LAYER.HEAD for every attention, or encoder, decoder or cross before it "
            f"(1.3, cross.1.3, encoder.0.all), but is given {text!r:.40}"
        )
    return HeadName(
        attention=family_of(named[0]) if named else None,
        layer=_number_or_all(layer, "--without-head"),
        head=_number_or_all(head, "--without-head"),
    )


def _number_or_all(text: str, option: str) -> int | None:
    if text == ALL:
        return None
    if not _is_number(text):
        raise InputError(f"{option} takes numbers counted from 0, or {ALL}, but is given {text!r:.40}")
    return int(text)


def _is_number(text: str) -> bool:
    """Whether this may count layers or heads: nobody has a thousand million of them."""
    return text.isdecimal() and len(text) <= 9
