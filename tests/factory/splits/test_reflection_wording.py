import re
import tomllib
from pathlib import Path

import pytest

from cotfactory.splits import reflection
from cotfactory.splits.reflection import Failure, languages, one_line, reflect

SLOTS = {
    "value": {"answer"},
    "again": {"answer", "other"},
    "equation": {"claim", "left", "truth"},
    "step": {"detail"},
    "test": {"detail"},
    "constraint": {"detail"},
}
WRONG = Failure("value", {"answer": "12"})


@pytest.mark.parametrize("language", languages())
def test_every_language_has_sentences_with_the_right_slots_for_every_check(language: str) -> None:
    file = Path(reflection.__file__).parent / "phrases" / f"{language}.toml"
    phrases = tomllib.loads(file.read_text(encoding="utf-8"))
    assert set(phrases) == {"this", "space", "opening", "turn", *SLOTS}
    for check, slots in SLOTS.items():
        for sentence in phrases[check]:
            assert set(re.findall(r"\{(\w+)\}", sentence)) <= slots
            assert re.search(r"\{(answer|claim|detail)\}", sentence)


def test_a_reflection_names_the_wrong_value() -> None:
    assert all("12" in reflect(WRONG, "en", n) for n in range(50))


def test_the_wording_varies_and_the_same_key_repeats_it() -> None:
    told = [reflect(WRONG, "en", n) for n in range(200)]
    assert len(set(told)) > 120
    assert told == [reflect(WRONG, "en", n) for n in range(200)]


def test_a_reflection_speaks_the_language_of_the_problem_or_english() -> None:
    assert "12" in reflect(WRONG, "zh", 1)
    assert re.search(r"[\u4e00-\u9fff]", reflect(WRONG, "zh", 1))
    assert reflect(WRONG, "sw", 1) == reflect(WRONG, "en", 1)
    assert reflect(WRONG, "../../etc/passwd", 1) == reflect(WRONG, "en", 1)


def test_braces_in_an_answer_are_not_read_for_slots() -> None:
    odd = Failure("value", {"answer": "{answer} {x}"})
    assert all("{answer} {x}" in reflect(odd, "en", n) for n in range(20))


def test_a_long_answer_is_referred_to_and_not_quoted() -> None:
    long = Failure("value", {"answer": "line one\nline two"})
    assert all("this result" in reflect(long, "en", n).lower() for n in range(20))


def test_latex_is_set_as_a_formula() -> None:
    assert "$\\frac{1}{2}$" in reflect(Failure("value", {"answer": "\\frac{1}{2}"}), "en", 1)


def test_a_detail_is_kept_to_one_line() -> None:
    assert one_line("a\n b " * 300, limit=20) == "a b a b a b a b a b …"


def test_a_long_detail_ends_with_a_sentence_where_it_has_one() -> None:
    assert one_line("It is wrong. It should be another one.", limit=30) == "It is wrong."


def test_a_variable_that_opens_a_sentence_keeps_its_case() -> None:
    told = [reflect(Failure("value", {"answer": "t = 36"}), "en", n) for n in range(60)]
    assert all("t = 36" in text for text in told)


def test_an_answer_that_is_a_sentence_is_referred_to() -> None:
    told = reflect(Failure("value", {"answer": "The result is 10."}), "en", 1)
    assert "this result" in told.lower()
    assert "10" not in told
