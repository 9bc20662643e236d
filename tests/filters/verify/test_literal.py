"""The verifier for answers that are Python values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answers import problem, trace
from cotfactory_filters.verify import make_verifier
from cotfactory_filters.verify.answer import Question
from cotfactory_filters.verify.literal import LiteralSettings, LiteralVerifier
from cotfactory_schemas import Verdict

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


def judged(response: str, reference: str, *, bare_strings: bool = True) -> Verdict:
    verifier = make_verifier("literal", {"bare_strings": bare_strings})
    return verifier.verify(problem(reference, "literal"), trace(response))


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        ('{"b": [1,2],"a":None}', "{'a': None, 'b': [1, 2]}"),
        ("(1,)", "(1, )"),
        ("{3, 1}", "{1, 3}"),
        ("1.0", "1"),
        ("`'ab'`", "'ab'"),
        ("assert f([1]) == [1, 2]", "[1, 2]"),
        ("-3", "-3"),
    ],
)
def test_equal_values_are_correct_however_they_are_written(answer: str, reference: str) -> None:
    said = judged(f"<answer>{answer}</answer>", reference)
    assert (said.status, said.method) == ("correct", "literal"), said


@pytest.mark.parametrize(
    ("answer", "reference", "status"),
    [
        ("[1, 2]", "(1, 2)", "incorrect"),
        ("'1'", "1", "incorrect"),
        ("[1, 2", "[1, 2]", "unparsable"),
        ("__import__('os').getpid()", "1", "unparsable"),
        ("[" * 1500, "[]", "unparsable"),
        ("9**9**9", "1", "unparsable"),
        ("1", "f(x)", "unverifiable"),
    ],
)
def test_other_values_are_not(answer: str, reference: str, status: str) -> None:
    assert judged(f"<answer>{answer}</answer>", reference).status == status


def test_json_answers_keep_their_escapes_and_structure() -> None:
    assert judged('{"reasoning": "r", "answer": {"w": 3}}', "{'w': 3}").status == "correct"
    assert judged('{"answer": "\'a\\\\nb\'"}', r"'a\nb'").status == "correct"


def test_a_string_without_quotes_is_accepted_unless_told_otherwise() -> None:
    response = '{"answer": "qozx"}'
    said = judged(response, "'qozx'")
    assert (said.status, said.method) == ("correct", "bare_string")
    assert judged(response, "'qozy'").status == "incorrect"
    assert judged(response, "'qozx'", bare_strings=False).status == "unparsable"


@given(PLAIN)
def test_every_value_equals_itself(value: object) -> None:
    verifier = LiteralVerifier(LiteralSettings())
    assert verifier.judge(Question(repr(value), repr(value), "en")).status == "correct"
