"""The final answer is found where the format asks, and never in the thought."""

import time

import pytest

from answers import trace
from cotfactory_filters.verify.extract import Found, Missing, final_answer


def answer(response: str, **fields: object) -> tuple[str, str] | None:
    found = final_answer(trace(response, **fields))
    return (found.text, found.how) if isinstance(found, Found) else None


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (r"So it is $\boxed{\frac{1}{2}}$.", (r"\frac{1}{2}", "boxed")),
        (r"First \boxed{3}, no: \boxed{x^{2^{3}}}", ("x^{2^{3}}", "boxed")),
        (r"\boxed{\{1, 2\}}", (r"\{1, 2\}", "boxed")),
        (r"\boxed 7", ("7", "boxed")),
        (r"\fbox{7}", ("7", "boxed")),
        ("<answer> 42 </answer>", ("42", "answer_tag")),
        ("<answer>42", ("42", "answer_tag")),
        (r"<answer>\boxed{42}", ("42", "boxed")),
        ("Work.\n#### 1,234", ("1,234", "hash_marks")),
        ("Work <<1+1=2>>2.\nA: 20", ("20", "label")),
        ("Hence the answer is 12.5. Check it.", ("12.5", "phrase")),
        ("**Final Answer:** $x = 3$", ("$x = 3$", "phrase")),
        ("The final answer is:\n\\[ 7 \\]", (r"\[ 7 \]", "phrase")),
        ("The answer is 5 because 2 + 3 = 5.", ("5", "phrase")),
        ("উত্তর: ৩টি আর ২টি মিলে ৫টি হয়। উত্তর হল ৫।", ("৫", "phrase")),
        ("Ответ: сложим 2 и 3, выйдет 5. Ответ: 5", ("5", "phrase")),
        ("సమాధానం 5.బంతులు ఉన్నాయి.", ("5", "phrase")),
        ("2 + 3 = 5，故选B。", ("B", "phrase")),
        ("Wir rechnen lange.\nDas Ergebnis ist also 3,5.", ("3,5", "last_line")),
        ("La réponse correcte est donc 5.", ("5", "phrase")),
        ("উত্তর হল 5।", ("5", "phrase")),
        ("所以答案是 5。", ("5", "phrase")),
        ("La respuesta es 8.", ("8", "phrase")),
        ("Die Antwort lautet 8.", ("8", "phrase")),
        ("Ответ: 8", ("8", "phrase")),
        ("答えは 8", ("8", "phrase")),
        ('{"reasoning": "…", "answer": "17"}', ("17", "json")),
        ('```json\n{"reasoning": "a "b"", "answer": 17}\n```', ("17", "json")),
        (r'{"answer": "\\frac{1}{2}"}', (r"\frac{1}{2}", "json")),
        (r'{"answer": "\frac{1}{2}"}', (r"\frac{1}{2}", "json")),
        ("It follows.\n\nTherefore we need **12** boats.", ("12", "bold")),
        ("It follows.\n\nSo there are 12 boats.", ("12", "last_line")),
        ("Paris", ("Paris", "whole")),
    ],
)
def test_the_answer_is_found_where_it_is_marked(response: str, expected: tuple[str, str]) -> None:
    assert answer(response) == expected


def test_a_later_final_answer_goes_before_an_earlier_box() -> None:
    assert answer("It costs \\boxed{255}. Final answer: $10,455$") == ("$10,455$", "phrase")


def test_a_remark_after_the_box_does_not_replace_it() -> None:
    assert answer("\\boxed{5}\n\nThe answer is valid for all n.") == ("5", "boxed")


@pytest.mark.parametrize(
    "line",
    [
        "The answer is not 42.",
        "It could be 42.",
        "It lies between 1 and 42",
        "There are at least 42",
        "We try 4 + 38 = 42, but",
        "It is 42x for all x",
    ],
)
def test_a_sentence_that_hedges_is_no_answer_of_42(line: str) -> None:
    found = answer(f"Some work.\n{line}")
    assert found is None or found[0] != "42"


@pytest.mark.parametrize(
    "line",
    [
        "The area under the curve is 42.",
        "It costs 50, but with the discount it is 42.",
        "No more than two fit, so we need 42",
    ],
)
def test_a_sentence_that_states_a_number_gives_it(line: str) -> None:
    assert answer(f"Some work.\n{line}") == ("42", "last_line")


def test_a_formula_alone_in_the_last_line_is_taken_whole() -> None:
    assert answer("So we get\n\\sqrt{42}") == (r"\sqrt{42}", "last_line")
    assert answer("So we get\nx > 42") == ("x > 42", "last_line")


def test_an_answer_in_several_boxes_is_put_together() -> None:
    text = r"$\boxed{2}$ and $\boxed{3}$"
    assert answer(text) == ("2, 3", "boxed")
    assert answer(r"\boxed{2} is wrong, so it is \boxed{3}") == ("3", "boxed")


def test_an_empty_response_has_no_answer_whatever_the_thought_says() -> None:
    found = final_answer(trace("", reasoning=r"It is \boxed{4}."))
    assert found == Missing("the response is empty")


def test_a_text_cut_off_in_the_middle_of_thinking_has_no_answer() -> None:
    cut = r"Perhaps \boxed{4}? " + "But then again, let us see. " * 20
    assert answer(cut, finish_reason="length") is None
    assert answer(cut) is not None


def test_a_response_cut_off_after_its_answer_still_counts() -> None:
    response = r"The answer is \boxed{4}. " + "Let me explain more. " * 30
    assert answer(response, reasoning="a thought", finish_reason="length") == ("4", "boxed")


def test_half_a_point_is_no_answer() -> None:
    assert answer("We look at both ends.\nSo the middle lies at the point (-1,6).") is None


def test_a_guess_is_made_only_of_finished_responses() -> None:
    assert answer("So there are 12 boats and", finish_reason="length") is None


@pytest.mark.parametrize(
    "text", ["\\boxed{", "\\boxed{{{", "<answer>", '"answer":', "####", "{" * 9]
)
def test_a_broken_mark_is_no_answer(text: str) -> None:
    found = final_answer(trace("We think.\n" + text))
    assert isinstance(found, Missing)


def test_a_long_response_is_read_in_linear_time() -> None:
    hostile = "\\boxed{" * 20_000 + "**" * 20_000 + "answer is " * 20_000
    assert not isinstance(final_answer(trace(hostile)), Exception)


@pytest.mark.parametrize(
    "part",
    [
        *("\\[", "\\(", "$", "1,", "1.111,", "the answer is ", "答案", "故选", "**", "# ", "A: "),
        *("\\boxed{", "\\frac{1}{", "<answer>", '"answer": "', "not ", " "),
    ],
)
def test_a_text_that_repeats_for_ever_costs_no_more_than_its_length(part: str) -> None:
    began = time.process_time()
    final_answer(trace(part * 100_000))
    assert time.process_time() - began < 1
