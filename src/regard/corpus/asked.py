"""Which two sides of a file with several the settings of a model ask for."""

from regard.corpus.formats.reading import Reading
from regard.settings import DataSettings


def reading_of(data: DataSettings) -> Reading:
    """How the files that the settings name are read."""
    return Reading(data.source_language, data.target_language, data.source_column, data.target_column)
