"""What is read of an answer's body, and what of it is only the opening again."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asking import asking
from cotfactory.engines import Completion, EngineError
from cotfactory.engines.answers import UnreadableAnswerError, read_answer

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "message", "content", "reasoning", "finish_reason", "usage"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def read(opening: str = "", **message: Any) -> Completion:
    choice = {"message": message, "finish_reason": "stop"}
    body = json.dumps({"choices": [choice]}).encode()
    return read_answer(body, asking(prefill=opening), 0.1)


@given(json_values, st.sampled_from(["stop", "length", None]), json_values)
def test_whatever_comes_is_an_answer_or_a_fault_that_is_named(
    message: Any, finish: str | None, usage: Any
) -> None:
    choice = {"message": message, "finish_reason": finish}
    for body in (message, {"choices": [choice], "usage": usage}):
        try:
            answer = read_answer(json.dumps(body).encode(), asking(prefill="<think>a"), 0.1)
        except (UnreadableAnswerError, EngineError) as fault:
            assert len(str(fault)) < 600  # noqa: PT017 - either of two outcomes
        else:
            assert isinstance(answer.text, str)
            assert answer.completion_tokens is None or answer.completion_tokens >= 0


@given(st.binary(max_size=40))
def test_bytes_that_are_no_json_are_named(body: bytes) -> None:
    with pytest.raises(UnreadableAnswerError):
        read_answer(body, asking(), 0.1)


@pytest.mark.parametrize(
    ("opening", "message", "new"),
    [
        # only what is new
        ("<think>\nLet me", {"reasoning": " see", "content": "5"}, (" see", "5")),
        ("<think>\n", {"reasoning": "\nLet me see", "content": "5"}, ("\nLet me see", "5")),
        # the thought so far again, with its ends trimmed
        ("<think>\nLet me\n\n", {"reasoning": "Let me\n\nsee", "content": "5"}, ("see", "5")),
        ("<think>\nLet me", {"reasoning": "\nLet me see", "content": "5"}, (" see", "5")),
        ("Let me", {"reasoning": "Let me see", "content": "5"}, (" see", "5")),
        # all of the turn again, in one piece or in two
        ("<think>a</think>b", {"content": "<think>a</think>b c"}, (None, " c")),
        ("<think>a</think>b\n\n", {"content": "<think>a</think>b\n\nc"}, (None, "c")),
        ("<think>\na\n</think>\n\nb", {"reasoning": "a", "content": "b c"}, (None, " c")),
        # a thought after a thought is new
        ("<think>a</think>b", {"reasoning": "a c", "content": "d"}, ("a c", "d")),
    ],
)
def test_what_a_server_repeats_of_the_opening_is_dropped(
    opening: str, message: dict[str, str], new: tuple[str | None, str]
) -> None:
    answer = read(opening, **message)
    assert (answer.reasoning, answer.text) == new
