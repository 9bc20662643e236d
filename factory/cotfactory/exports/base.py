"""What a trainer's format is: how a row looks in it, and the files that go with the data."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import pyarrow as pa


def record(**fields: pa.DataType) -> pa.StructType:
    """Returns the Arrow type of a record."""
    return pa.struct([pa.field(name, kind) for name, kind in fields.items()])


MESSAGES = pa.list_(record(role=pa.string(), content=pa.string()))

Row = Mapping[str, Any]


class Table(NamedTuple):
    """One exported file: `<config>-<part>.parquet`, with so many rows."""

    config: str
    part: str
    rows: int

    @property
    def name(self) -> str:
        """The name without its ending; what a trainer calls the data set."""
        return f"{self.config}-{self.part}"

    @property
    def file_name(self) -> str:
        """The file's name."""
        return f"{self.name}.parquet"


class Format(Protocol):
    """A trainer's format.

    Rows come in as the splits hold them; `pair` maps rows of the preference split.
    """

    schema: pa.Schema
    pair_schema: pa.Schema

    def row(self, row: Row) -> Row:
        """Maps a row of shortcut or journey."""
        ...

    def pair(self, row: Row) -> Row:
        """Maps a row of preference."""
        ...

    def files(self, tables: Sequence[Table]) -> Mapping[str, str]:
        """Returns the texts to write beside the tables, by file name."""
        ...
