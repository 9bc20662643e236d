"""The base of every noun: immutable, closed, strict about unknown fields."""

from pydantic import BaseModel, ConfigDict


class Noun(BaseModel):
    """An immutable record that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Settings(BaseModel):
    """A section of a recipe; unknown settings are errors, defaults are documented per field."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)
