"""Attention, made visible: a trace of the run that translated, and the worked example that needs no model.

Enters: a model and a sentence, or a handful of words. Leaves: the four steps of every attention as values, tables and
figures. Must not know: how a model is found on disk, the command line, who looks.

File by file: ``header`` is what a trace says in words and numbers, ``trace`` the value itself, ``archive`` its file.
"""

from regard.tracing.header import (
    AXES,
    SCHEMA,
    AttentionFacts,
    Candidate,
    CellName,
    Check,
    Header,
    HeadName,
    Interventions,
    ModelFacts,
    Request,
    Step,
    Token,
    Tokens,
    TranslationFacts,
)
from regard.tracing.trace import FAMILIES, HeadTrace, Trace

__all__ = [
    "AXES",
    "FAMILIES",
    "SCHEMA",
    "AttentionFacts",
    "Candidate",
    "CellName",
    "Check",
    "HeadName",
    "HeadTrace",
    "Header",
    "Interventions",
    "ModelFacts",
    "Request",
    "Step",
    "Token",
    "Tokens",
    "Trace",
    "TranslationFacts",
]
