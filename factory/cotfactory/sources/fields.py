"""Makes problems of rows by a map from our fields to the row's columns."""

import json
from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any, TypeVar

from pydantic import JsonValue, TypeAdapter, ValidationError

from cotfactory.errors import UsageError
from cotfactory.sources.base import RowFault
from cotfactory_filters.verify.registry import REGISTRY as VERIFIERS
from cotfactory_schemas import Message, Problem
from cotfactory_schemas.registry import did_you_mean

PROBLEM_FIELDS = (
    "id", "prompt", "messages", "reference", "verifier", "checks",
    "domain", "kind", "language", "licence",
)  # fmt: skip
CHECKS = "checks."  # checks.NAME maps a column to one of the things that a verifier needs
T = TypeVar("T")
_JSON: TypeAdapter[JsonValue] = TypeAdapter(JsonValue)


class Columns:
    """Finds our fields in rows: in the mapped column, or in one of the field's own name.

    A mapped name may be a dotted path into a nested column.
    """

    def __init__(self, mapping: Mapping[str, str], fields: Collection[str], option: str) -> None:
        for field in mapping:
            try:
                known_field(field, fields)
            except ValueError as error:
                raise UsageError(f"{option} {field}: {error}") from None
        self.option = option
        self.mapping = {field: field for field in fields} | dict(mapping)
        self._mapped = set(mapping)

    def get(self, row: Mapping[str, Any], field: str) -> Any:  # noqa: ANN401
        """The field's value, or None when the row has no such column.

        Raises:
            KeyError: the field is mapped to a column that the row does not have.
        """
        column = self.mapping[field]
        if column in row or field not in self._mapped:
            return row.get(column)
        return _within(row, column)

    def text(self, row: Mapping[str, Any], field: str) -> str | None:
        """The field's value as text; numbers and booleans are written out."""
        value = self.get(row, field)
        if value is None or isinstance(value, str):
            return value
        return json.dumps(value, ensure_ascii=False) if not _is_number(value) else str(value)

    def checks(self, row: Mapping[str, Any]) -> dict[str, Any] | None:
        """What verifiers need: the `checks` column, an object or its JSON, and mapped parts of it.

        Raises:
            KeyError: a part is mapped to a column that the row does not have.
        """
        whole = self.get(row, "checks")
        given = json.loads(whole) if isinstance(whole, str) else whole
        parts = [field for field in self.mapping if field.startswith(CHECKS)]
        mapped = {field.removeprefix(CHECKS): plain(self.get(row, field)) for field in parts}
        return {**(given or {}), **mapped} if mapped else given

    def rest(self, row: Mapping[str, Any]) -> dict[str, JsonValue]:
        """The columns that are no field of ours."""
        used = set(self.mapping.values())
        used |= {column.partition(".")[0] for column in used if column not in row}
        return {k: plain(v) for k, v in row.items() if k not in used}


def _within(row: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401
    """The value at a dotted path into nested columns, or into JSON text that a column holds."""
    found: Any = row
    for name in path.split("."):
        found = json.loads(found) if isinstance(found, str) else found
        if not isinstance(found, Mapping) or name not in found:
            raise KeyError(path)
        found = found[name]
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def plain(value: Any) -> JsonValue:  # noqa: ANN401 - whatever a Parquet cell holds
    """The value as JSON: dates and bytes become text, NaN and infinities null."""
    written = json.dumps(value, default=str)
    return _JSON.validate_python(json.loads(written, parse_constant=lambda _: None))


def known_field(field: str, fields: Collection[str] = PROBLEM_FIELDS) -> str:
    """Returns the name of a field that can be mapped to a column.

    Raises:
        ValueError: there is no such field.
    """
    if field not in fields and not field.startswith(CHECKS):
        raise ValueError(f"unknown field.{did_you_mean(field, fields)}")
    return field


def known_verifier(name: str) -> str:
    """Returns the name of a verifier; the empty one says that there is none.

    Raises:
        ValueError: there is no such verifier.
    """
    if name and name not in _verifiers():
        raise ValueError(f"no verifier {name!r}.{did_you_mean(name, _verifiers())}")
    return name


@cache  # looking through the entry points of all packages takes longer than reading a row
def _verifiers() -> frozenset[str]:
    return frozenset(VERIFIERS.names())


def attempt(place: str, option: str, make: Callable[[], T]) -> T | RowFault:
    """Returns what `make` makes of a row, or what is wrong with the row and the mend."""
    try:
        return make()
    except KeyError as error:
        return RowFault(place, f"{error.args[0]!r} is missing. Add it, or map another: {option}")
    except json.JSONDecodeError as error:
        return RowFault(place, f"checks: not JSON ({error}); mend it")
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        where = ".".join(map(str, fault["loc"]))
        return RowFault(place, f"{where}: {fault['msg']} (is {fault['input']!r:.80})")
    except ValueError as error:
        return RowFault(place, str(error))


def problem(row: Mapping[str, Any], columns: Columns, defaults: Problem) -> Problem:
    """Makes a problem of a row; what the row does not say is taken from `defaults`.

    Raises:
        KeyError: the row has no prompt, or lacks a mapped column.
        ValidationError: a value does not fit.
        ValueError: the prompt is blank, or there is no verifier of that name.
    """
    messages = columns.get(row, "messages")
    prompt = columns.text(row, "prompt")
    if messages is None and prompt is None:
        raise KeyError(columns.mapping["prompt"])
    given = {
        "reference": columns.text(row, "reference"),
        "source_id": columns.text(row, "id"),
        "checks": columns.checks(row),
        **{name: columns.get(row, name) for name in ("verifier", "domain", "kind")},
        **{name: columns.get(row, name) for name in ("language", "licence")},
        "messages": messages if prompt is None else (Message(role="user", content=prompt),),
        "extra": columns.rest(row),
    }
    said = {name: value for name, value in given.items() if value is not None}
    made = Problem.model_validate(defaults.model_dump() | said)
    if not made.prompt.strip():
        raise ValueError("the prompt is blank. Fill it in, or remove the row")
    known_verifier(made.verifier)
    return made
