"""What every settings section has in common: strict types, no unknown keys, immutable."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """One table of a settings file. Unknown keys and wrong types are errors; values never change."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)
