"""The tables on disk: Arrow schemas made from the nouns, and rows to and from them."""

import functools
import json
import types
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import pyarrow as pa
from pydantic import BaseModel

from cotfactory_schemas.decision import Decision
from cotfactory_schemas.outcome import Outcome
from cotfactory_schemas.problem import Problem
from cotfactory_schemas.split import PreferenceRow, SplitRow
from cotfactory_schemas.trace import Trace
from cotfactory_schemas.verdict import Verdict

N = TypeVar("N", bound=BaseModel)

_SCALARS: dict[Any, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
}


def _arrow_type(annotation: Any) -> pa.DataType:  # noqa: ANN401 - annotations have no common type
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if annotation in _SCALARS:
        return _SCALARS[annotation]
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Literal or origin is dict:  # dictionaries are stored as JSON text
        return pa.string()
    if origin is tuple:
        return pa.list_(_arrow_type(args[0]))
    if origin in (Union, types.UnionType):
        (present,) = [a for a in args if a is not type(None)]
        return _arrow_type(present)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return pa.struct(list(arrow_schema(annotation)))
    raise TypeError(f"no Arrow type for {annotation!r}")


def arrow_schema(noun: type[BaseModel]) -> pa.Schema:
    """Returns one Arrow field for each field of `noun`, in order; dictionaries as JSON text."""
    return pa.schema(
        [pa.field(name, _arrow_type(field.annotation)) for name, field in noun.model_fields.items()]
    )


def to_row(noun: BaseModel) -> dict[str, Any]:
    """Returns the noun as a row of its table, in the order of its fields."""
    names, dictionaries = _fields(type(noun))
    dumped = noun.model_dump(mode="json", exclude=dictionaries)
    dumped |= {name: _json(getattr(noun, name)) for name in dictionaries}
    row = {name: dumped[name] for name in names}
    if isinstance(noun, Problem):
        row = {"problem_id": noun.problem_id, **row, "prompt": noun.prompt}
    return row


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if value else "{}"


def from_row(noun: type[N], row: Mapping[str, Any]) -> N:
    """Reads a row of `noun`'s table back; columns that are not the noun's own are left out.

    A null for a dictionary, which parts of an older version give, is the field's default.

    Raises:
        pydantic.ValidationError: a value does not fit its field.
    """
    names, dictionaries = _fields(noun)
    values = {name: row[name] for name in names if name in row}
    for name in dictionaries:
        written = values.get(name, {})
        if isinstance(written, str):
            values[name] = json.loads(written) if written != "{}" else {}
        elif written is None:
            del values[name]
    return noun.model_validate(values)


@functools.cache
def _fields(noun: type[BaseModel]) -> tuple[tuple[str, ...], set[str]]:
    """All fields of a noun, and those that are dictionaries."""
    kinds = {name: get_origin(field.annotation) for name, field in noun.model_fields.items()}
    return tuple(kinds), {name for name, kind in kinds.items() if kind is dict}


PROBLEMS = pa.schema(
    [pa.field("problem_id", pa.string()), *arrow_schema(Problem), pa.field("prompt", pa.string())]
)
TRACES = arrow_schema(Trace)
VERDICTS = arrow_schema(Verdict)
OUTCOMES = arrow_schema(Outcome)
DECISIONS = arrow_schema(Decision)
SPLITS = arrow_schema(SplitRow)
PREFERENCE = arrow_schema(PreferenceRow)
