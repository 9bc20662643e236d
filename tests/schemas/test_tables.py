from typing import get_args

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from builders import problem, trace, verdict
from cotfactory_schemas import Message, Problem, Span, SplitRow, Trace, tables
from cotfactory_schemas.split import SplitName

text = st.text(alphabet=st.characters(codec="utf-8"))


@given(text, text, st.dictionaries(text, st.integers(-(2**40), 2**40) | text))
def test_a_trace_comes_back_from_its_table(reasoning: str, response: str, extra: dict) -> None:  # type: ignore[type-arg]
    made = trace(problem(), reasoning=reasoning, response=response, extra=extra)
    stored = pa.Table.from_pylist([tables.to_row(made)], schema=tables.TRACES).to_pylist()
    assert tables.from_row(Trace, stored[0]) == made


def test_a_problem_comes_back_with_its_id_and_prompt_beside_it() -> None:
    made = problem("Why?", checks={"tests": ["a", 1, None]}, extra={"level": 3})
    (stored,) = pa.Table.from_pylist([tables.to_row(made)], schema=tables.PROBLEMS).to_pylist()
    assert (stored["problem_id"], stored["prompt"]) == (made.problem_id, "Why?")
    assert tables.from_row(Problem, stored) == made


def test_rows_of_splits_keep_their_messages_and_spans() -> None:
    right = trace(problem())
    row = SplitRow(
        split=get_args(SplitName)[1],
        part="train",
        origin="natural",
        trace_id=right.trace_id,
        trace_ids=(right.trace_id,),
        problem_id=right.problem_id,
        messages=(Message(role="user", content="Why?"), Message(role="assistant", content="So.")),
        prompt="Why?",
        reasoning="",
        response="So.",
        reference=None,
        status=verdict(right).status,
        extracted=None,
        verifier="math",
        domain="math",
        kind="reasoning",
        language="en",
        model="tiny",
        teacher="teacher",
        source="tests",
        spans=(Span(start=0, end=3, role="correct_path", status="correct"),),
    )
    (stored,) = pa.Table.from_pylist([tables.to_row(row)], schema=tables.SPLITS).to_pylist()
    assert tables.from_row(SplitRow, stored) == row
