"""Attention, made visible: a trace of the run that translated, and the worked example that needs no model.

Enters: a model and a sentence, or a handful of words. Leaves: the four steps of every attention as values, tables and
figures. Must not know: how a model is found on disk, the command line, who looks.

A trace: ``header`` is what it says in words and numbers, ``trace`` the value itself, ``archive`` its file.
Recording: ``plan`` says what to record, ``record`` does it on a ``twin`` of the network, before the eyes of ``watch``
and subject to ``interventions``; ``assemble`` puts the winner's rows under one another; ``checks`` measures promises;
``tokens`` and ``compose`` put the words around the numbers. The other files turn a trace into tables, text and pages.
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
from regard.tracing.live import LiveStep
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
    "LiveStep",
    "ModelFacts",
    "Request",
    "Step",
    "Token",
    "Tokens",
    "Trace",
    "TranslationFacts",
]
