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


@pytest.mark.parametrize(
    "text",
    [
        "So the area is \\(\\frac{12",
        "We add the three terms:\n\n\\[\n  3 + 4 +",
        "The sides are $$a = 3, \\quad b",
        "Therefore the answer is \\boxed{\\frac{7}{2}",
        "There are four cases, and in the first of",
        "Each box holds 6 eggs, the third one holds 5,",
        "That leaves 12 boxes.\n\nSo",
        "The total is 3 * (4 + 5) =",
    ],
)
def test_a_text_that_breaks_off_is_truncated_unless_the_engine_says_that_it_ended(
    text: str,
) -> None:
    for raw in (text, f"<think>a</think>{text}"):
        assert formatted(raw, finish_reason="unknown")["truncated"]
        assert not formatted(raw)["truncated"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        "C++",
        "The right choice is A",
        "I think that the answer is 12",
        "**So the sum is \\(3 + 4 = 7\\)**",
        "The price is $5 and then $7",
        "$$\n\nx = 3\n\n$$",
        "The queue is \\[1, 2] at last, so there is no cycle",
        "Sorted: apple, bear, of",
        "An open fence says nothing:\n\n```python\nprint(3)",
        '```python\n\nre.search(r"\\[", line)\n```',
        "<answer> \\(7 </answer>",
        "Written in one line, \\(x\n\nis a slip of the pen.",
    ],
)
def test_an_end_that_writers_write_is_no_cut(text: str) -> None:
    assert not formatted(text, finish_reason="unknown")["truncated"]
