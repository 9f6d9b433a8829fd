"""What every settings section has in common: strict types, no unknown keys, immutable, rules between keys."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError


@dataclass(frozen=True, slots=True)
class Conflict:
    """Values that are right alone and wrong together. ``keys`` are the ones involved."""

    keys: tuple[str, ...]
    message: str


class Section(BaseModel):
    """One table of a settings file. Unknown keys and wrong types are errors; values never change."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    def conflicts(self) -> Iterator[Conflict]:
        """The rules between keys that are broken; a section with such rules overrides this."""
        yield from ()

    @model_validator(mode="after")
    def _has_no_conflicts(self) -> "Section":
        conflicts = tuple(self.conflicts())
        if conflicts:
            message = "; ".join(conflict.message for conflict in conflicts)
            raise PydanticCustomError("conflict", "{message}", {"message": message, "conflicts": conflicts})
        return self
