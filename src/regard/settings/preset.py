"""Presets: settings that work together, by name or by the size of the corpus.

========  ==============  ==========  =================================================================
name      size (d, h, ff)  layers     made for
========  ==============  ==========  =================================================================
tiny      128, 4, 512     3 + 3       demonstrations and corpora of up to about 20,000 pairs
small     256, 4, 1024    3 + 3       20,000 to 500,000 pairs, such as Multi30k (7.6 M parameters)
base      512, 8, 2048    6 + 6       half a million pairs and more: the paper's base model
marian    512, 8, 2048    6 + 6       the network of Hugging Face's Marian models, to exchange weights
recurrent 256, 1         1 + 2       a GRU network with attention as large as ``small`` (7.8 M parameters), to compare
========  ==============  ==========  =================================================================

All but the last stay inside what CTranslate2 can run.

Why these values: on 29,000 pairs a model of 2.6 M parameters with dropout 0.3 beats bigger ones (Wu et al. 2021,
"Good for Misconceived Reasons"); with 5,000 to 165,000 pairs, smaller models, stronger dropout and fewer merge
operations are what helps (Araabi & Monz 2020); on very small corpora a vocabulary of 1,000 to 2,000 pieces
(Sennrich & Zhang 2019). Pre-norm trains without a long warm-up (Xiong et al. 2020). ``base`` is the paper's model with
pre-norm and its inverse-square-root schedule; ``marian`` keeps post-norm and so needs the longest warm-up.
``recurrent`` was chosen at equal CPU time (docs/log.md): a GRU, and scores by one product rather than additive ones.
"""

import difflib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from regard.errors import SettingsError

Tables = dict[str, dict[str, Any]]

PRESETS: Final[Mapping[str, Tables]] = MappingProxyType(
    {
        "tiny": {
            "text": {"vocab_size": 4000},
            "model": {
                "model_dim": 128,
                "num_heads": 4,
                "feedforward_dim": 512,
                "encoder_layers": 3,
                "decoder_layers": 3,
                "dropout": 0.1,
            },
            "training": {"learning_rate": 2e-3, "warmup_steps": 200},
        },
        "small": {
            "text": {"vocab_size": 8000},
            "model": {
                "model_dim": 256,
                "num_heads": 4,
                "feedforward_dim": 1024,
                "encoder_layers": 3,
                "decoder_layers": 3,
                "dropout": 0.3,
            },
            "training": {"learning_rate": 1.5e-3, "warmup_steps": 400},
        },
        "base": {
            "text": {"vocab_size": 16000},
            "model": {
                "model_dim": 512,
                "num_heads": 8,
                "feedforward_dim": 2048,
                "encoder_layers": 6,
                "decoder_layers": 6,
                "dropout": 0.1,
            },
            "training": {
                "learning_rate": 7e-4,
                "warmup_steps": 4000,
                "schedule": "inverse_sqrt",
                "batch_tokens": 16384,
                "ema_decay": 0.9999,
            },
        },
        "marian": {
            "text": {"vocab_size": 16000, "kind": "unigram"},
            "model": {
                "model_dim": 512,
                "num_heads": 8,
                "feedforward_dim": 2048,
                "encoder_layers": 6,
                "decoder_layers": 6,
                "norm": "post",
                "feedforward": "swish",
                "positions": "sinusoidal-halves",
                "max_length": 512,
                "tied_embeddings": "all",
                "scale_embeddings": True,
                "output_bias": True,
                "dropout": 0.1,
            },
            "training": {
                "learning_rate": 3e-4,
                "warmup_steps": 16000,
                "schedule": "inverse_sqrt",
                "batch_tokens": 16384,
                "ema_decay": 0.9999,
            },
        },
        "recurrent": {
            "text": {"vocab_size": 8000},
            "model": {
                "kind": "recurrent",
                "cell": "gru",
                "model_dim": 256,
                "state_dim": 512,
                "num_heads": 1,
                "encoder_layers": 1,
                "decoder_layers": 2,
                "attention_score": "general",
                "dropout": 0.3,
            },
            "training": {"learning_rate": 2e-3, "warmup_steps": 400},
        },
    }
)
"""Every preset's tables; what one does not name keeps the default of its section."""

AUTO: Final = "auto"

_BY_SIZE: Final[tuple[tuple[int, str, Tables], ...]] = (
    (500_000, "base", {}),
    (100_000, "small", {"model": {"dropout": 0.1}}),
    (20_000, "small", {}),
    (5_000, "tiny", {"model": {"dropout": 0.3}}),
    (2_000, "tiny", {"text": {"vocab_size": 2000}, "model": {"dropout": 0.3}, "training": {"batch_tokens": 2048}}),
    (0, "tiny", {"text": {"vocab_size": 1000}, "model": {"dropout": 0.3}, "training": {"batch_tokens": 1024}}),
)
"""(from so many pairs on, the preset, what is changed in it)"""


def preset_for(num_pairs: int) -> str:
    """The name of the preset that suits a corpus of so many pairs (made for 500 pairs and more)."""
    return _row_for(num_pairs)[1]


def batch_tokens_for(num_pairs: int) -> int | None:
    """The tokens of a batch that ``auto`` chooses for a corpus of so many pairs; None where it keeps the default."""
    tokens: int | None = preset_tables(AUTO, num_pairs=num_pairs).get("training", {}).get("batch_tokens")
    return tokens


def preset_tables(name: str, *, num_pairs: int | None = None) -> Tables:
    """The tables of a preset. ``auto`` needs the number of training pairs and adapts to it.

    Below 20,000 pairs dropout rises to 0.3 and the vocabulary shrinks to 2,000, then 1,000 pieces; batches shrink too,
    so that an epoch is more than a handful of updates. A preset asked for by name keeps its network and vocabulary;
    where ``auto`` would choose the same one for so many pairs, the dropout is ``auto``'s too.

    Raises:
        SettingsError: there is no such preset, or ``auto`` is asked for without ``num_pairs``.
    """
    if name == AUTO:
        if num_pairs is None:
            raise SettingsError("preset 'auto' needs the number of training pairs; give num_pairs, or name a preset")
        _, base, changes = _row_for(num_pairs)
        return _merged(PRESETS[base], changes)
    if name not in PRESETS:
        close = difflib.get_close_matches(name, PRESETS, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise SettingsError(f"unknown preset {name!r}{hint} (there are {', '.join([AUTO, *PRESETS])})")
    return _merged(PRESETS[name], _dropout_of(name, num_pairs))


def _dropout_of(name: str, num_pairs: int | None) -> Tables:
    if num_pairs is None:
        return {}
    _, chosen, changes = _row_for(num_pairs)
    changed = changes.get("model", {})
    return {"model": {"dropout": changed["dropout"]}} if chosen == name and "dropout" in changed else {}


def _row_for(num_pairs: int) -> tuple[int, str, Tables]:
    return next(row for row in _BY_SIZE if num_pairs >= row[0])


def _merged(below: Tables, above: Tables) -> Tables:
    return {section: {**below.get(section, {}), **above.get(section, {})} for section in {**below, **above}}
