"""Which two sides of a file with several the settings of a model ask for."""

from dataclasses import replace

from regard.corpus.formats.reading import Reading
from regard.settings import DataSettings


def reading_of(data: DataSettings) -> Reading:
    """How the files that the settings name are read."""
    return Reading(data.source_language, data.target_language, data.source_column, data.target_column)


def reading_of_others(data: DataSettings) -> Reading:
    """How files are read that the settings do not name: in their languages, and in their columns if both are there."""
    return replace(reading_of(data), columns_must_exist=False)
