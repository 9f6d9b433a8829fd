"""Fetches public corpora by name: a catalogue says where they lie, under which licence, and what their bytes hash to.

Nothing is believed that was not verified: a file without a known sha256 is not unpacked.
"""

from regard.corpus.fetching.catalogue import Catalogue, Entry, RemoteFile
from regard.corpus.fetching.get import get_corpus
from regard.corpus.fetching.read_catalogue import load_catalogue

__all__ = ["Catalogue", "Entry", "RemoteFile", "get_corpus", "load_catalogue"]
