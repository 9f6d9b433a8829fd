"""What a run's network begins with: fresh weights, or those of a trained model (fine-tuning)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

from regard.bundle import Bundle, load_bundle
from regard.errors import SettingsError
from regard.models import AnyModel, add_low_rank, load_weights, weights_in, weights_of
from regard.settings import Settings, Start, TrainingSettings
from regard.settings.layer import Given
from regard.text import Tokenizer


@final
@dataclass(frozen=True, eq=False)
class Beginning:
    """A trained model that a run goes on from."""

    bundle: Bundle

    @classmethod
    def named(cls, folder: Path | None) -> "Beginning | None":
        """The model in ``folder``, verified; None without one.

        Raises:
            BundleError: there is no such model, or it is damaged.
        """
        return None if folder is None else cls(load_bundle(folder))

    @property
    def start(self) -> Start:
        """Its settings, as the layer that others lie on."""
        return Start(self.bundle.settings, f"the model {self.bundle.folder}")

    @property
    def sha256(self) -> str:
        """Which weights."""
        return self.bundle.weights_sha256

    def checked(self, settings: Settings, tokenizer: Tokenizer | None) -> Tokenizer:
        """The model's subwords, after seeing that what was handed in is about this very network.

        Raises:
            SettingsError: the settings describe another one (every difference is listed), or ``tokenizer`` is not its.
        """
        sections = {"model": settings.model, "text": settings.text}
        values = {(section, name): Given(value, "settings") for section, one in sections.items() for name, value in one}
        if problems := list(self.start.contradictions(values)):
            raise SettingsError("\n- ".join(problems))
        if tokenizer is not None and tokenizer.to_bytes() != self.bundle.tokenizer:
            raise SettingsError(f"other subwords were given than those of {self.start.name}; leave them out")
        return Tokenizer.from_bytes(self.bundle.tokenizer)

    def fill(self, model: AnyModel) -> None:
        """Gives the network the weights."""
        weights = self.bundle.weights()
        load_weights(model, {name: weights[name] for name in weights_of(model)})


def restrict(model: AnyModel, settings: TrainingSettings) -> str | None:
    """Lets updates change only what the settings say: not the frozen parts, or only low-rank changes; says so.

    Raises:
        SettingsError: there is no such part, or nothing would be left to train.
    """
    count = sum(weight.numel() for weight in model.parameters())
    if settings.lora_rank is not None:
        add_low_rank(model, rank=settings.lora_rank, alpha=settings.lora_alpha, matrices=settings.lora_matrices)
    elif settings.freeze:
        _freeze(model, settings.freeze)
    else:
        return None
    trained = sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
    what = "training.freeze" if settings.lora_rank is None else f"changes of rank {settings.lora_rank}"
    return f"{trained:,} numbers are trained, and {count:,} weights are in the network ({what})"


def _freeze(model: AnyModel, parts: Sequence[str]) -> None:
    frozen = weights_in(model, parts)
    for name, weight in model.named_parameters():
        weight.requires_grad_(name not in frozen)
    if not any(weight.requires_grad for weight in model.parameters()):
        raise SettingsError(f"training.freeze = {list(parts)} leaves nothing to train; leave one of them out")
