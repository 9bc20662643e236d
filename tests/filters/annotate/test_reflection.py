"""Reflection: vocabulary, candidates and the trace score."""

from typing import Any

import pytest

from cotfactory_filters.annotate.candidates import candidates
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
    ("thought", "stated"),
    [
        (r"so \boxed{12}", ["12"]),
        (r"\boxed{\dfrac{1}{2}} or \boxed{ \frac{1}{2} }", [r"\frac12", r"\frac12"]),
        ("So the answer is 12. Wait, no. The answer is 15.", ["12", "15"]),
        (r"The answer is $\boxed{7}$.", ["7"]),
        ("The answer must be **x = 3**.", ["x=3"]),
        ("所以答案是12。", ["12"]),
        (r"\boxed{never closed", []),
        ("an answer to that", []),
        ("", []),
    ],
)
def test_candidates_are_what_boxes_and_phrases_state(thought: str, stated: list[str]) -> None:
    assert candidates(thought) == stated


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
