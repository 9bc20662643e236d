"""The base of every noun: immutable, closed, strict about unknown fields."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

MAX_TOKENS = 2**31 - 1  # beyond any context, and sums over any table stay far below 64 bits

Int64 = Annotated[int, Field(ge=-(2**63), lt=2**63)]
"""What a column of whole numbers holds; a larger one could never leave the write-ahead log."""
Index = Annotated[int, Field(ge=0, lt=2**63)]
TokenCount = Annotated[int, Field(ge=0, le=MAX_TOKENS)]


class Noun(BaseModel):
    """An immutable record that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Settings(BaseModel):
    """A section of a recipe; unknown settings are errors, defaults are documented per field."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)
