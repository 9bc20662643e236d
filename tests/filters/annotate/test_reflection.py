"""Reflection: vocabulary, candidates and the trace score."""

from typing import Any

import pytest

from cotfactory_filters.annotate.reflection import REASONING_WORDS
from trace_batch import annotated_thought


def reflection(thought: str, **settings: Any) -> dict[str, Any]:
    return annotated_thought("reflection", thought, **settings)


@pytest.mark.parametrize("word", REASONING_WORDS)
def test_each_word_is_counted_in_any_case(word: str) -> None:
    row = reflection(f"{word.capitalize()}, so {word} and {word.upper()}!")
    assert row[word.replace(" ", "_")] == 3
    assert row["reasoning_words"] == 3


@pytest.mark.parametrize("text", ["waiter", "butter", "let them", "let, me", "mayb", "awaiting"])
def test_words_inside_words_are_not_counted(text: str) -> None:
    assert reflection(text)["reasoning_words"] == 0


def test_words_at_the_very_end_count() -> None:
    assert reflection("no but")["but"] == 1
    assert reflection("x")["words"] == 1


@pytest.mark.parametrize(
    ("thought", "same"),
    [
        (r"\boxed{\dfrac{1}{2}} or \boxed{ \frac{1}{2} }", True),
        (r"So the answer is $\boxed{7}$. The answer must be **7**.", True),
        ("所以答案是12。", True),
        ("The answer is 12, or \\boxed{13}.", False),
        ("an answer to that", None),
    ],
)
def test_two_ways_to_write_a_candidate_are_one_answer(thought: str, same: bool | None) -> None:  # noqa: FBT001 - expected value
    assert reflection(thought)["first_is_last"] is same


def test_a_changed_mind_shows() -> None:
    row = reflection("The answer is 12. Wait, no. The answer is 15.")
    assert (row["candidates"], row["first_is_last"]) == (2, False)
    assert reflection("Hmm.")["first_is_last"] is None


def test_the_trace_score_rises_with_each_part_and_ends_at_one() -> None:
    filler = "we add them up and go on "
    plain = reflection(filler * 20)["trace_score"]
    assert reflection(filler * 40)["trace_score"] > plain
    for word in ("check", "might", "since"):
        assert reflection(filler * 20 + word)["trace_score"] > plain
    everything = reflection("check perhaps therefore " * 2000)["trace_score"]
    assert everything == pytest.approx(1)


def test_an_empty_thought_scores_nothing() -> None:
    row = reflection("")
    assert (row["trace_score"], row["words"], row["candidates"]) == (0, 0, 0)
