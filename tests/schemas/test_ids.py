from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import problem
from cotfactory_schemas import Sampling, Teacher, ids

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), json_values))
def test_an_id_does_not_depend_on_the_order_of_keys(value: dict[str, Any]) -> None:
    backwards = dict(reversed(list(value.items())))
    assert ids.content_id(value) == ids.content_id(backwards)


@given(st.lists(json_values, max_size=4), st.lists(json_values, max_size=4))
def test_different_content_has_different_ids(one: list[Any], other: list[Any]) -> None:
    same = ids.content_id(*one) == ids.content_id(*other)
    assert same == (repr(one) == repr(other))


@given(st.text(alphabet=st.characters()))
def test_every_string_has_an_id_lone_surrogates_too(text: str) -> None:
    assert len(ids.content_id(text)) == 32
    assert len(ids.content_id(text + "\ud800")) == 32


def test_numbers_that_json_cannot_say_have_no_id() -> None:
    with pytest.raises(ValueError, match="JSON"):
        ids.content_id(float("nan"))


@given(st.integers(min_value=0), st.integers(min_value=0))
def test_samples_have_seeds_of_their_own_that_repeat(sample: int, run_seed: int) -> None:
    one = ids.trace_id("problem", "teacher", sample)
    other = ids.trace_id("problem", "teacher", sample + 1)
    assert ids.sample_seed(one, run_seed) == ids.sample_seed(one, run_seed)
    assert 0 <= ids.sample_seed(one, run_seed) < 2**31
    assert one != other


def test_changing_how_a_referenced_answer_is_judged_keeps_the_problem() -> None:
    assert problem(checks={"tolerance": 1}).problem_id == problem(checks={}).problem_id


def test_problems_without_a_reference_are_told_apart_by_their_checks() -> None:
    one, other = (problem(reference=None, checks={"tests": t}) for t in ("a", "b"))
    assert one.problem_id != other.problem_id


def test_raising_the_token_limit_keeps_the_teacher() -> None:
    short, long = (Teacher(model="m", sampling=Sampling(max_tokens=n)) for n in (100, 200))
    warm = Teacher(model="m", sampling=Sampling(temperature=1.0))
    assert short.fingerprint == long.fingerprint != warm.fingerprint
