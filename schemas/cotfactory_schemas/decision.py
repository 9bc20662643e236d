"""Decision: kept or rejected, and why."""

from pydantic import Field, JsonValue

from cotfactory_schemas.base import Noun, Settings


class Rule(Settings):
    """A SQL predicate that rejects a trace.

    `reject_if` is one DuckDB expression over the columns of the measures table (docs/filtering.md
    lists them); a null result does not reject. `$limit` in it stands for `limit`, so that a
    threshold can be changed without touching the predicate. `because` is shown to people.
    """

    reject_if: str
    limit: float | None = None
    because: str


class Decision(Noun):
    """Kept or rejected, with the names of the rules that fired and the values they looked at."""

    trace_id: str
    kept: bool
    rules: tuple[str, ...] = ()
    values: dict[str, JsonValue] = Field(default_factory=dict)
