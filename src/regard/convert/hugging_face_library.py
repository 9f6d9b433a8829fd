"""A network of the transformers library at work, spoken to in our ids."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Final, final

import numpy as np
import torch

from regard.convert.format import Foreign, Ids, Measured
from regard.convert.original import Array
from regard.settings import DecodingSettings
from regard.text.control import BOS, EOS, PAD, UNK
from regard.text.vocabulary import FIRST_BYTE, FIRST_LEARNED

NEVER: Final = -1e9
"""The bias of what is never to be chosen: bytes, where a vocabulary has none."""

_ROWS_AT_ONCE: Final = 16


@final
class Library(Foreign):
    """The network and the tokenizer in a folder, on the CPU.

    Args:
        folder: what ``from_pretrained`` reads.
        their_ids: by our id theirs, where the network is another toolkit's own; the same if not given.
    """

    measured: Measured = "logits"
    follows: ClassVar[frozenset[str]] = frozenset({"beam_size", "length_penalty", "no_repeat_ngram", "max_length"})

    def __init__(self, folder: Path, their_ids: Sequence[int] | None = None) -> None:
        from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

        self._model = AutoModelForSeq2SeqLM.from_pretrained(folder, local_files_only=True).eval()
        self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self._adopted = their_ids is not None
        self._theirs = list(range(self._model.config.vocab_size)) if their_ids is None else list(their_ids)
        # Where several of ours are one of theirs, the first is meant.
        self._ours = {theirs: ours for ours, theirs in reversed(list(enumerate(self._theirs)))}

    def encode(self, texts: list[str]) -> list[list[int]]:
        """The ids that the library's tokenizer cuts texts into."""
        found: list[list[int]] = self._tokenizer(texts)["input_ids"]
        return [[self._ours[identifier] for identifier in ids[:-1]] for ids in found]

    def scores(self, sources: Ids, targets: Ids) -> list[Array]:
        """Logits while known translations are read."""
        source, real = self._rectangle([[*ids, EOS] for ids in sources])
        target, _ = self._rectangle([[BOS, *ids] for ids in targets])
        with torch.inference_mode():
            logits = self._model(input_ids=source, attention_mask=real, decoder_input_ids=target).logits
        scores = logits.float().numpy()[:, :, np.array(self._theirs)]
        if self._adopted:
            scores[:, :, FIRST_BYTE:FIRST_LEARNED] = NEVER
        return [row[: len(ids) + 1] for row, ids in zip(scores, targets, strict=True)]

    def translate(self, sources: Ids, search: DecodingSettings) -> list[list[int]]:
        """What the library's own search finds."""
        found: list[list[int]] = []
        for first in range(0, len(sources), _ROWS_AT_ONCE):
            source, real = self._rectangle([[*ids, EOS] for ids in sources[first : first + _ROWS_AT_ONCE]])
            with torch.inference_mode():
                rows = self._model.generate(
                    input_ids=source,
                    attention_mask=real,
                    num_beams=search.beam_size,
                    length_penalty=search.length_penalty,
                    no_repeat_ngram_size=search.no_repeat_ngram,
                    max_length=(search.max_length or 0) + 1,  # the start is counted
                    suppress_tokens=sorted({self._theirs[each] for each in (PAD, UNK, BOS)}),
                    forced_eos_token_id=None,
                    do_sample=False,
                )
            found += [self._without_controls(row) for row in rows.tolist()]
        return found

    def _rectangle(self, rows: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        """Their ids filled up with padding, and 1 where they are real."""
        width = max(map(len, rows))
        ids = torch.tensor([[self._theirs[each] for each in (*row, *[PAD] * (width - len(row)))] for row in rows])
        return ids, torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])

    def _without_controls(self, row: list[int]) -> list[int]:
        body = [self._ours[identifier] for identifier in row[1:]]
        return body[: body.index(EOS)] if EOS in body else body
