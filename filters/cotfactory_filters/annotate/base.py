"""What an annotator is."""

from collections.abc import Mapping
from typing import ClassVar, Generic, TypeVar

import polars as pl

from cotfactory_schemas import Settings
from cotfactory_schemas.ids import content_id

S = TypeVar("S", bound=Settings)

INPUT_COLUMNS: Mapping[str, pl.DataType] = {
    "trace_id": pl.String(),
    "problem_id": pl.String(),
    "prompt": pl.String(),
    "domain": pl.String(),
    "kind": pl.String(),
    "language": pl.String(),
    "raw": pl.String(),
    "reasoning": pl.String(),
    "response": pl.String(),
    "layout": pl.String(),
    "finish_reason": pl.String(),
    "reasoning_tokens": pl.Int64(),
    "completion_tokens": pl.Int64(),
}
"""What every annotator is given: a part of the traces, joined with their problems."""


class Annotator(Generic[S]):
    """Measures columns on a batch of traces: a pure function of the batch and the settings.

    Subclasses set the class variables and `annotate`. `version` goes up whenever the same input
    would give other values: cached parts of older versions are computed again. `schema` names the
    output columns without the annotator's name; the catalog shows them as `<name>_<column>`.
    `reads` names the input columns it needs, so that the others are not read from disk.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    settings_model: ClassVar[type[Settings]] = Settings
    reads: ClassVar[tuple[str, ...]] = ("reasoning",)
    schema: ClassVar[Mapping[str, pl.DataType]]

    def __init__(self, settings: S) -> None:
        self.settings = settings

    @property
    def fingerprint(self) -> str:
        """Says what the values depend on beside the batch; cached ones with another are not used.

        An annotator that reads files adds their content to it.
        """
        return content_id(self.name, self.version, self.settings.model_dump(mode="json"))

    def annotate(self, traces: pl.DataFrame) -> pl.DataFrame:
        """Returns one row for each row of `traces`, in order, with the columns of `schema`.

        The caller casts them to the types of `schema`.

        `traces` has the columns in `reads`, with the types of INPUT_COLUMNS.
        """
        raise NotImplementedError
