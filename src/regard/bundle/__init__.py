"""The bundle room: a trained thing on disk.

Enters: settings, a tokenizer's bytes, weights, facts, and perhaps a shortlist. Leaves: a folder of
``model.safetensors``, ``config.json``, ``tokenizer.model``, ``manifest.json`` and perhaps ``shortlist.safetensors``
that is whole or not there; and, read back, a ``Bundle`` of which every byte was checked. Must not know: how weights
were trained, or what will be translated with them. Never reads pickles.
"""

from regard.bundle.bundle import Bundle
from regard.bundle.facts import AlignmentFact, BundleFacts, ScoreFact
from regard.bundle.header import HeaderError
from regard.bundle.load import load_bundle
from regard.bundle.manifest import Manifest
from regard.bundle.save import save_bundle
from regard.bundle.tensors import read_tensors, write_tensors

__all__ = [
    "AlignmentFact",
    "Bundle",
    "BundleFacts",
    "HeaderError",
    "Manifest",
    "ScoreFact",
    "load_bundle",
    "read_tensors",
    "save_bundle",
    "write_tensors",
]
