"""All sections together: what a run is made from."""

from collections.abc import Iterator

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

    def contradictions(self) -> Iterator[str]:
        """What no run can do, or would not do as asked, although each section is right by itself, and what to change.

        It is asked before a run begins, not where settings are read: a model that was made otherwise (converted, or
        trained on pairs that happened to be short) can translate all the same.
        """
        model, most = self.model, self.data.max_tokens
        if model.positions == "learned" and most >= model.max_length:  # the end of a sentence takes a position too
            yield (
                f"data.max_tokens = {most} lets sentences in for which model.positions = 'learned' has no positions: "
                f"model.max_length = {model.max_length} is enough for {model.max_length - 1} tokens and the end of the "
                f"sentence; lower data.max_tokens to that, or raise model.max_length to {most + 1}"
            )
        yield from self.training.without_effect()
        if self.training.distribution == "shards" and model.kind == "recurrent":
            yield (
                "training.distribution = 'shards' distributes the layers of a Transformer, but model.kind = "
                "'recurrent'; train it with 'replicas'"
            )
        if self.training.distribution == "shards" and model.decoder_layer_drop:
            yield (
                f"model.decoder_layer_drop = {model.decoder_layer_drop} leaves out other layers in each process, so "
                "their parts cannot be put together by training.distribution = 'shards'; leave one of them out"
            )
