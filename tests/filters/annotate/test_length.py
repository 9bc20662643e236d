"""Length in characters and tokens."""

from trace_batch import annotated


def test_characters_are_counted_not_bytes() -> None:
    (row,) = annotated("length", {"reasoning": "好的", "response": "é"})
    assert (row["reasoning_chars"], row["response_chars"]) == (2, 1)


def test_the_teachers_own_counts_go_first() -> None:
    (row,) = annotated(
        "length", {"reasoning": "a" * 40, "reasoning_tokens": 7, "completion_tokens": 9}
    )
    assert (row["reasoning_tokens"], row["response_tokens"], row["estimated"]) == (7, 2, False)


def test_a_total_alone_is_divided_by_bytes() -> None:
    (row,) = annotated(
        "length", {"reasoning": "a" * 30, "response": "b" * 10, "completion_tokens": 20}
    )
    assert (row["reasoning_tokens"], row["response_tokens"], row["estimated"]) == (15, 5, True)


def test_without_counts_tokens_are_estimated_from_bytes() -> None:
    (row,) = annotated("length", {"reasoning": "a" * 30, "response": "b" * 10}, bytes_per_token=2)
    assert (row["reasoning_tokens"], row["response_tokens"], row["estimated"]) == (15, 5, True)


def test_an_empty_trace_has_no_tokens() -> None:
    (row,) = annotated("length", {})
    assert (row["reasoning_tokens"], row["response_tokens"]) == (0, 0)
