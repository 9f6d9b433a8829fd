"""All sections together: what a run is made from."""

from pydantic import Field

from regard.settings.data import DataSettings, TextSettings
from regard.settings.decoding import DecodingSettings
from regard.settings.model import ModelSettings
from regard.settings.section import Section
from regard.settings.training import TrainingSettings


class Settings(Section):
    """The whole of a settings file; every key can be given as ``section.key=value`` too."""

    data: DataSettings = Field(default_factory=DataSettings)
    text: TextSettings = Field(default_factory=TextSettings)
    model: ModelSettings = Field(default_factory=ModelSettings)
    training: TrainingSettings = Field(default_factory=TrainingSettings)
    decoding: DecodingSettings = Field(default_factory=DecodingSettings)
