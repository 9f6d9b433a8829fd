"""The translator: what a program, the command line and the server talk to."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Unpack, final, overload

from regard.bundle import AlignmentFact
from regard.decoding import Hypothesis, stream_ids
from regard.decoding.batched import cells_of_batch
from regard.errors import ShapeError, TextError, TokenLimitError
from regard.models import TranslationModel
from regard.settings import DecodingSettings, Settings
from regard.text import TextStream, Tokenizer
from regard.text.shortlist import Shortlist
from regard.translator.asking import Asking
from regard.translator.lines import blocks, in_one_line
from regard.translator.options import SearchOptions
from regard.translator.parts import ids_in_parts
from regard.translator.phrases import PhraseBook
from regard.translator.search import asked_shortlist, search_settings
from regard.translator.threads import sensible_threads
from regard.translator.translation import Alternative, Translation, joined, spelled, translation_of

if TYPE_CHECKING:
    import regard.tracing
    from regard.tracing.alignment import Alignment
    from regard.translator.alignment import Reading


@final
class Translator:
    """A trained model that translates strings. ``load`` makes one.

    Space around a text is left out before it is translated; empty text translates to empty text.

    Attributes:
        model: the network.
        tokenizer: what cuts text into pieces.
        settings: everything the model was made from, its own search settings in ``settings.decoding``.
        name: what it is called, by custom its folder.
        weights_sha256: the hash of its file of weights; None if it does not come from a folder.
        alignment: which attention says what translates what; None if nobody found out.
        shortlist: which pieces may translate which; None if nobody learned it.
        not_compiled: why it translates without a compiled file, if one was asked for.
    """

    def __init__(
        self,
        model: TranslationModel[Any, Any],
        tokenizer: Tokenizer,
        settings: Settings,
        *,
        name: str = "model",
        weights_sha256: str | None = None,
        alignment: AlignmentFact | None = None,
        shortlist: Shortlist | None = None,
        not_compiled: str | None = None,
    ) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.settings = settings
        self.name = name
        self.weights_sha256 = weights_sha256
        self.alignment = alignment
        self.shortlist = shortlist
        self.not_compiled = not_compiled

    @property
    def languages(self) -> tuple[str, str]:
        """What it translates from and to, for example ``("en", "fr")``."""
        return self.settings.data.source_language, self.settings.data.target_language

    @property
    def dtype(self) -> str:
        """What it computes in; where only weights have that type, the type of vectors too: ``int8 (bfloat16)``."""
        vectors, asked = str(self.model.dtype).removeprefix("torch."), self.model.numbers
        return vectors if asked in (None, vectors) else f"{asked} ({vectors})"

    def __repr__(self) -> str:
        source, target = self.languages
        parameters = sum(parameter.numel() for parameter in self.model.parameters())
        device = next(self.model.parameters()).device
        return f"Translator({source} → {target}, {parameters:,} parameters, {self.dtype} on {device})"

    @overload
    def translate(self, text: str, **options: Unpack[SearchOptions]) -> Translation: ...

    @overload
    def translate(self, text: list[str] | tuple[str, ...], **options: Unpack[SearchOptions]) -> list[Translation]: ...

    def translate(self, text: object, **options: Any) -> Translation | list[Translation]:
        """Translates a string, or several at once (which is faster than one by one).

        Args:
            text: a string; or a list or tuple of strings, for a list of translations in the same order.
            options: how to search; ``SearchOptions`` says what there is. What is not given is as the model's settings
                say.

        Raises:
            TextError: ``text`` is something else, or holds a lone surrogate.
            TokenLimitError: a text is longer than the model's settings allow; ``translate_lines`` cuts such texts.
            SettingsError: an option is wrong, or options contradict each other.
            InputError: the glossary cannot be read.
            DivergedError: the model's weights give no finite numbers.
        """
        asking = self._asking(options)
        if isinstance(text, str):
            return self._translate([self._ids(text)], [text], asking)[0]
        if not isinstance(text, list | tuple):
            raise TextError(f"translate() takes a string, or a list or tuple of strings, but is given {_kind(text)}")
        ids = [self._ids(each, number) for number, each in enumerate(text, start=1)]
        return self._translate(ids, text, asking)

    def translate_lines(
        self, lines: Iterable[str], *, alignments: bool = False, **options: Unpack[SearchOptions]
    ) -> Iterator[Translation]:
        """Translates lines as they are read, in order, one translation per line, in memory that does not grow.

        Lines may still have their line ends. A line that is longer than the model's training sentences is cut, at ends
        of sentences if it has them, and the translations of its parts are joined. No translation contains a line break.

        ``lines`` is an open file, or any other source of strings; the options are those of ``translate``. A line that
        had to be cut has one hypothesis only. With ``alignments`` each translation says which of its words comes from
        which word of the line; words are what lies between spaces.

        Raises:
            TextError: a line is not a string, or holds a lone surrogate.
            SettingsError: an option is wrong; raised at once, before any line is read.
            InputError: the glossary cannot be read.
        """
        asking = self._asking(options)
        translated = self._aligned_block if alignments else self._translate_block
        return (each for first, block in blocks(lines) for each in translated(block, asking, first))

    def align(self, sources: Sequence[str], targets: Sequence[str]) -> "list[Alignment]":
        """Which word comes from which in translations that are given, whoever made them; words lie between spaces.

        The pairs are read in one pass, as in training; nothing is searched. ``str`` of an alignment is the Pharaoh
        format. Texts have to be short enough to be read whole.

        Raises:
            TextError: a text is not a string, or holds a lone surrogate.
            TokenLimitError: a text is longer than the model's settings allow.
            ShapeError: there are not as many targets as sources.
        """
        from regard.translator.alignment import Reading

        if len(sources) != len(targets):
            raise ShapeError(f"{len(sources)} sources and {len(targets)} targets are given; they must be pairs")
        numbered = enumerate(zip(sources, targets, strict=True), start=1)
        readings = [
            Reading(one, other, (self._ids(one, each),), (self._ids(other, each),)) for each, (one, other) in numbered
        ]
        return self._align(readings, self.settings.decoding)

    def stream(self, text: str, *, max_length: int | None = None) -> Generator[str, None, None]:
        """The translation piece by piece, each as soon as it is chosen (greedy search).

        Joined, the pieces are ``translate(text, beam_size=1).text`` where the model's own settings ask for nothing
        beyond greedy search (no forbidden phrases, glossary or samples: a word that was shown cannot be taken back). No
        character arrives in halves. Nothing is computed ahead: close the generator, and the search is over.

        Raises:
            TextError: ``text`` is not a string, or holds a lone surrogate.
            TokenLimitError: the text is longer than the model's settings allow.
            SettingsError: ``max_length`` is wrong.
        """
        return self._stream(self._ids(text), self._search(max_length=max_length))

    def explain(
        self,
        text: str,
        *,
        beam_size: int | None = None,
        length_penalty: float | None = None,
        max_length: int | None = None,
        shortlist: bool | None = None,
        pad_source_to: int | None = None,
        prefix: str | None = None,
        target: str | None = None,
        layers: tuple[int, int] | None = None,
        without_heads: Sequence[object] = (),
        without_cells: Sequence[object] = (),
        without_mask: bool | str | Sequence[str] = False,
        positions: bool = True,
        announce: "Callable[[regard.tracing.size.SizeEstimate], None] | None" = None,
        on_step: "Callable[[regard.tracing.LiveStep], None] | None" = None,
    ) -> "regard.tracing.Trace":
        """Translates one sentence and records every attention of that very run.

        The translation is that of ``translate`` with the same options. What is no single search (samples, groups, a
        glossary, another way of ranking) is left out where the model's own settings ask for it, and the log says so.
        Nothing is changed in this translator, and other threads may go on using it.

        Args:
            text: the sentence.
            beam_size: translations kept at each step; 1 is greedy search. This and the next three are as the model's
                settings say if not given.
            length_penalty: translations are ranked by log-probability / length^penalty.
            max_length: tokens of the translation, at most.
            shortlist: only pieces may occur that the model's shortlist gives for the sentence.
            pad_source_to: fill the source up with padding to so many tokens, its end counted.
            prefix: how the translation must begin.
            target: the whole translation; it is read in one pass, as in training, and nothing is searched.
            layers: the first and the last layer to keep, counted from 0; all of them if not given.
            without_heads: heads to switch off: ``("decoder.cross", layer, head)``, ``"decoder.1.cross.3"``, or
                ``"1.3"`` for head 3 of layer 1 in every attention. None in place of a number means all.
            without_cells: cells to hide: ``("decoder.cross", layer, head, query, key)``.
            without_mask: True leaves all masks out, a name such as "padding" that one. The future can be shown only
                where it is there: with ``target``.
            positions: False takes every position's vector away.
            announce: called with the memory and the size of file that the trace will take, before it is recorded.
            on_step: called after each step of the search while it goes on; an exception of its own ends the search.

        Raises:
            TextError: a text is not a string, or holds a lone surrogate.
            TokenLimitError: the text is longer than the model's settings allow.
            SettingsError: an option is wrong, or asks for what the model does not have.
            TraceError: recording would take too much memory; the message says how much, and what to do.
            DivergedError: the model's weights give no finite numbers.
        """
        # Only here: whoever does not ask never loads it, and translating works without that room.
        from regard.translator.explain import Question, explain

        search = self._search(
            beam_size=beam_size,
            num_hypotheses=1,
            length_penalty=length_penalty,
            max_length=max_length,
            shortlist=shortlist,
        )
        ids = self._ids(text)
        question = Question(
            text=text,
            pad_source_to=pad_source_to,
            prefix=prefix,
            target=target,
            layers=layers,
            without_heads=without_heads,
            without_cells=without_cells,
            without_mask=without_mask,
            positions=positions,
        )
        return explain(self, question, ids, search, announce=announce, on_step=on_step)

    def _search(self, **given: object) -> DecodingSettings:
        return search_settings(self.settings.decoding, given)

    def _stream(self, ids: list[int], search: DecodingSettings) -> Generator[str, None, None]:
        written = TextStream(self.tokenizer)
        shortlist = asked_shortlist(search, self.shortlist)
        for step in stream_ids(self.model, ids, search, num_candidates=1, shortlist=shortlist):
            if not step.is_end and (piece := written.feed(step.id)):
                yield piece
        if rest := written.finish():
            yield rest

    def _ids(self, text: object, number: int | None = None) -> list[int]:
        """The ids of a text; ``number`` is its place in the caller's list."""
        where = "" if number is None else f"text {number}: "
        if not isinstance(text, str):
            raise TextError(f"{where}a string is expected, but {_kind(text)} is given")
        limits = self._limits()
        lowest = min(limits, key=lambda name: limits[name])
        try:
            return self.tokenizer.encode(text.strip(), max_tokens=limits[lowest])
        except TokenLimitError as error:
            raise TokenLimitError(f"{where}{error} ({lowest})") from None
        except TextError as error:
            raise TextError(f"{where}{error}") from None

    def _asking(self, options: Mapping[str, Any]) -> Asking:
        unknown = sorted(set(options) - set(SearchOptions.__annotations__))
        if unknown:
            known = ", ".join(SearchOptions.__annotations__)
            raise TypeError(f"there is no option {', '.join(unknown)}; there are {known}")
        return Asking(self.settings.decoding, options, self.book, self.shortlist)

    @cached_property
    def book(self) -> PhraseBook:
        """What phrases are in the model's tokens; made once, as it looks at the whole vocabulary."""
        return PhraseBook(self.tokenizer)

    def _translate(self, sources: list[list[int]], texts: Sequence[str], asking: Asking) -> list[Translation]:
        found = asking.hypotheses(self.model, sources, range(len(sources)))
        wanted = asking.settings.num_hypotheses
        return [
            translation_of(each, self._spell, num_hypotheses=wanted, source=text)
            for each, text in zip(found, texts, strict=True)
        ]

    def _translate_block(
        self, lines: Sequence[object], asking: Asking, first: int, chosen: list[list[tuple[int, ...]]] | None = None
    ) -> Iterator[Translation]:
        """Translates lines, counted from ``first``; ``chosen`` collects the ids of each line's parts."""
        cut = [self._parts(line) for line in lines]
        numbers = [number for number, parts in enumerate(cut, start=first) for _ in parts]
        found = iter(asking.hypotheses(self.model, [ids for parts in cut for ids in parts], numbers))
        wanted, penalty = asking.settings.num_hypotheses, asking.settings.length_penalty
        for line, parts in zip(lines, cut, strict=True):
            hypotheses, source = [next(found) for _ in parts], str(line)
            if chosen is not None:
                chosen.append([each[0].ids for each in hypotheses])
            if len(parts) == 1:
                yield translation_of(hypotheses[0], self._spell_line, num_hypotheses=wanted, source=source)
            else:
                best = [each[0] for each in hypotheses]
                yield joined(best, self._spell_line, length_penalty=penalty, source=source)

    def _aligned_block(self, lines: Sequence[object], asking: Asking, first: int) -> Iterator[Translation]:
        # The heads are read from the ids that search chose, not from its text, which could be cut in other ways.
        from regard.translator.alignment import Reading

        chosen: list[list[tuple[int, ...]]] = []
        translations = list(self._translate_block(lines, asking, first, chosen))
        readings = [
            Reading(str(line), translation.text, tuple(map(tuple, self._parts(line))), tuple(parts))
            for line, translation, parts in zip(lines, translations, chosen, strict=True)
        ]
        for translation, alignment in zip(translations, self._align(readings, asking.settings), strict=True):
            yield replace(translation, alignment=alignment)

    def _align(self, readings: "list[Reading]", search: DecodingSettings) -> "list[Alignment]":
        from regard.translator.alignment import align

        cells = cells_of_batch(search, 1)
        with sensible_threads(search):
            return align(self.model, self.tokenizer, self.alignment, readings, batch_tokens=cells)

    def _spell(self, hypothesis: Hypothesis) -> Alternative:
        return spelled(hypothesis, self.tokenizer.decode(hypothesis.ids), self.tokenizer.pieces(hypothesis.ids))

    def _spell_line(self, hypothesis: Hypothesis) -> Alternative:
        found = self._spell(hypothesis)
        return replace(found, text=in_one_line(found.text))

    def _parts(self, line: object) -> list[list[int]]:
        if not isinstance(line, str):
            raise TextError(f"lines must be strings, but {_kind(line)} is given")
        limit = min(self.settings.data.max_tokens, *self._limits().values())
        return ids_in_parts(line, self.tokenizer, max_tokens=max(1, limit)) or [[]]

    def _limits(self) -> dict[str, int]:
        """How many tokens of a text can be read, by what says so."""
        limits = {"decoding.max_source_tokens": self.settings.decoding.max_source_tokens}
        if self.model.max_positions is not None:
            limits["the positions that the model has learned"] = self.model.max_positions - 1  # EOS takes one
        return limits


def _kind(given: object) -> str:
    return f"{type(given).__name__} {given!r:.60}"
