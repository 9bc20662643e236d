"""Whatever a schema lets in can be written: a row in the write-ahead log must become Parquet."""

import types
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from builders import problem, trace, verdict
from cotfactory.store import journal, parts
from cotfactory_schemas import Noun, Outcome, Trace, tables

TRACE = trace(problem())
OUTCOME = Outcome(problem_id="p", teacher="t", outcome="accepted", samples=1, correct=1)
NOUNS: Mapping[str, Noun] = {
    "problems": problem(),
    "traces": TRACE,
    "verdicts": verdict(TRACE),
    "outcomes": OUTCOME,
}
EDGES = [2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 10**20, -1]
whole_numbers = st.integers() | st.sampled_from(EDGES)
any_text = st.text(st.characters(), max_size=8)  # lone surrogates too
any_json = st.recursive(
    st.none() | st.booleans() | whole_numbers | st.floats() | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=6,
)
_BY_TYPE: dict[Any, st.SearchStrategy[Any]] = {
    str: any_text,
    int: whole_numbers,
    float: st.floats() | whole_numbers,
    type(None): st.none(),
}


_BY_ORIGIN: dict[Any, Callable[[tuple[Any, ...]], st.SearchStrategy[Any]]] = {
    Annotated: lambda args: values(args[0]),
    Literal: st.sampled_from,
    dict: lambda _: st.dictionaries(any_text, any_json, max_size=3),
    tuple: lambda args: st.lists(values(args[0]), max_size=2),
    Union: lambda args: st.one_of(*map(values, args)),
    types.UnionType: lambda args: st.one_of(*map(values, args)),
}


def values(annotation: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type, which the field's bounds may refuse all the same."""
    if annotation in _BY_TYPE:
        return _BY_TYPE[annotation]
    origin = get_origin(annotation)
    if origin in _BY_ORIGIN:
        return _BY_ORIGIN[origin](get_args(annotation))
    assert issubclass(annotation, BaseModel)
    return changes(annotation).map(lambda made: {"role": "user", "content": "", **made})


def changes(noun: type[BaseModel]) -> st.SearchStrategy[dict[str, Any]]:
    fields = {name: values(field.annotation) for name, field in noun.model_fields.items()}
    return st.fixed_dictionaries({}, optional=fields)


@pytest.mark.parametrize("table", NOUNS)
@settings(deadline=None)  # it writes files
@given(data=st.data())
def test_any_noun_that_validates_can_be_written_as_a_part(table: str, data: st.DataObject) -> None:
    kind = type(NOUNS[table])
    said = NOUNS[table].model_dump()
    for name, value in data.draw(changes(kind)).items():
        try:
            kind.model_validate(said | {name: value})
        except ValidationError:
            continue
        said[name] = value
    row = tables.to_row(kind.model_validate(said))
    with TemporaryDirectory() as folder:
        log = Path(folder) / "1.wal"
        log.write_bytes(journal.encode({"table": table, "row": row}))
        (Path(folder) / table).mkdir()
        (written,) = parts.write_parts(Path(folder), 1, journal.read(log))
    assert written["rows"] == 1


@pytest.mark.parametrize("count", [-1, 2**31, 10**20, 2.5, "many"])
def test_a_count_that_no_answer_can_have_is_refused(count: Any) -> None:
    with pytest.raises(ValidationError):
        Trace.model_validate(TRACE.model_dump() | {"completion_tokens": count})
