"""Format: tags and truncation."""

from typing import Any

import pytest

from trace_batch import annotated


def formatted(raw: str, finish_reason: str = "stop") -> dict[str, Any]:
    (row,) = annotated("format", {"raw": raw, "finish_reason": finish_reason})
    return row


def test_a_usual_text_is_closed_and_clean() -> None:
    assert formatted("<think>a</think>b") == {
        "closed": True,
        "clean": True,
        "thoughts": 1,
        "empty_thought": False,
        "empty_response": False,
        "answer_tags": False,
        "truncated": False,
    }


def test_a_thought_that_never_ends_is_truncated_whatever_the_engine_says() -> None:
    row = formatted("<think>a")
    assert (row["closed"], row["truncated"], row["empty_response"]) == (False, True, True)


def test_a_text_cut_in_its_answer_is_truncated() -> None:
    row = formatted("<think>a</think>b", finish_reason="length")
    assert (row["closed"], row["truncated"]) == (True, True)


def test_thoughts_are_counted() -> None:
    row = formatted("<think>a</think>b<think>c</think>d")
    assert (row["thoughts"], row["clean"]) == (2, False)
    assert formatted("plain")["thoughts"] == 0


@pytest.mark.parametrize(
    ("answer", "tagged"),
    [
        ("\n<answer>7</answer>\n", True),
        ("<answer>7", False),
        ("so <answer>7</answer>", False),
        ("<answer>7</answer><answer>8</answer>", False),
    ],
)
def test_answer_tags_must_be_one_pair_round_all(answer: str, *, tagged: bool) -> None:
    assert formatted(f"<think>a</think>{answer}")["answer_tags"] is tagged


def test_space_is_empty() -> None:
    row = formatted("<think>\n\n</think>\n")
    assert (row["empty_thought"], row["empty_response"]) == (True, True)
