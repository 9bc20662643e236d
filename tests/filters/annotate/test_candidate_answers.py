import pytest

from cotfactory_filters.annotate.candidates import find_candidates


@pytest.mark.parametrize(
    ("thought", "stated"),
    [
        ("So the answer is 12.", "12"),
        ("so the final answer should be $\\frac{1}{2}$. Wait", "\\frac{1}{2}"),
        ("Thus \\boxed{x^{2}+1} holds", "x^{2}+1"),
        ("The answer is \\(3\\).", "3"),
        ("**Answer:** 1,250", "1,250"),
        ("The answer is (B).", "B"),
        ("The answer to the question is 7", "7"),
        ("所以答案是12。", "12"),
        ("Die Antwort lautet 12.", "12"),
        ("La réponse est 12.", "12"),
        ("La respuesta es 12.", "12"),
        ("答えは12です。", "12"),
        ("Ответ: 12.", "12"),
    ],
)
def test_an_answer_is_found_where_it_is_stated(thought: str, stated: str) -> None:
    (found,) = find_candidates(thought)
    assert found.text == stated
    assert stated in thought[found.start : found.end]


@pytest.mark.parametrize(
    "thought",
    [
        "x = 12, and 3 + 4 = 7.",
        "The answer is the sum of both.",
        "The answer is a bit hidden.",
        "\\boxed{never closed",
        "",
    ],
)
def test_what_is_not_stated_as_the_answer_is_none(thought: str) -> None:
    assert find_candidates(thought) == []


def test_a_box_in_a_phrase_is_one_candidate() -> None:
    assert [c.text for c in find_candidates("The answer is $\\boxed{12}$.")] == ["12"]
