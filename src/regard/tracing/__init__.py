"""Attention, made visible: a trace of the run that translated, and the worked example that needs no model.

Enters: a model and a sentence, or a handful of words. Leaves: the four steps of every attention as values, tables and
figures. Must not know: how a model is found on disk, the command line, who looks.
"""

__all__: list[str] = []
