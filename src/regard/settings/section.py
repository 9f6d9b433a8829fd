"""What every settings section has in common: strict types, no unknown keys, immutable, rules between keys."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError


@dataclass(frozen=True, slots=True)
class Conflict:
    """Values that are right alone and wrong together. ``keys`` are the ones involved."""

    keys: tuple[str, ...]
    message: str


def is_writable(text: str) -> bool:
    """Whether a file in UTF-8 can hold a text: bytes that are not UTF-8 arrive as lone surrogates, which none can."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _writable(text: str) -> str:
    if not is_writable(text):
        raise ValueError("a text must be whole characters")
    return text


Text = Annotated[str, AfterValidator(_writable)]


class Section(BaseModel):
    """One table of a settings file. Unknown keys and wrong types are errors; values never change."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    def conflicts(self) -> Iterator[Conflict]:
        """The rules between keys that are broken; a section with such rules overrides this."""
        yield from ()

    def _is_changed(self, name: str) -> bool:
        """Whether a value is another than the default; saying the default aloud changes nothing."""
        return bool(getattr(self, name) != type(self).model_fields[name].default)

    @model_validator(mode="after")
    def _has_no_conflicts(self) -> "Section":
        conflicts = tuple(self.conflicts())
        if conflicts:
            message = "; ".join(conflict.message for conflict in conflicts)
            raise PydanticCustomError("conflict", "{message}", {"message": message, "conflicts": conflicts})
        return self
