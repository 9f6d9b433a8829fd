"""Which two sides of a file with several the settings of a model ask for."""

from dataclasses import replace

from regard.corpus.formats.reading import AS_STATED, Reading
from regard.settings import DataSettings


def reading_of(data: DataSettings) -> Reading:
    """How the files that the settings name are read."""
    return Reading(data.source_language, data.target_language, data.source_column, data.target_column)


def reading_of_others(data: DataSettings) -> Reading:
    """How files are read that the settings do not name: in their languages, and in their columns if both are there."""
    return replace(reading_of(data), columns_must_exist=False)


def reading_for(data: DataSettings, asked: Reading) -> Reading:
    """How files are read for a model: as asked; where nothing is asked, in the model's languages and columns.

    Columns of the model are left aside once anything is asked: they would go before languages that are named.
    """
    if asked == AS_STATED:
        return reading_of_others(data)
    source, target = asked.source_language or data.source_language, asked.target_language or data.target_language
    return replace(asked, source_language=source, target_language=target)
