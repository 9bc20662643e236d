"""Language consistency of thoughts and answers."""

from typing import Any

import pytest

from cotfactory_filters.language_words import COMMON_WORDS, NEUTRAL_WORDS
from trace_batch import annotated

ENGLISH = (
    "First we need to find how many apples are left in the basket after she gave half of them to "
    "her brother. Then the rest is divided by the number of children who came to the party. "
)
FRENCH = "Nous devons d'abord trouver combien de pommes il reste dans le panier de la voisine. "
GERMAN = "Zuerst müssen wir herausfinden, wie viele Äpfel noch im Korb der Nachbarin liegen. "
CHINESE = "首先我们需要知道篮子里还剩下多少个苹果。"
RUSSIAN = "Сначала нужно узнать, сколько яблок осталось в корзине у соседки. "
JAPANESE = "まず、かごの中にりんごがいくつ残っているかを調べます。"


def language(
    thought: str, expected: str = "en", response: str = "", **settings: Any
) -> dict[str, Any]:
    (row,) = annotated(
        "language", {"reasoning": thought, "language": expected, "response": response}, **settings
    )
    return row


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ENGLISH, "en"),
        (FRENCH, "fr"),
        (GERMAN, "de"),
        (CHINESE, "zh"),
        (RUSSIAN, "ru"),
        (JAPANESE, "ja"),
    ],
)
def test_a_thought_in_the_problems_language_is_all_its_own(text: str, expected: str) -> None:
    row = language(text * 3, expected)
    assert (row["share"], row["foreign_words"], row["foreign_span"]) == (1, 0, 0)
    assert row["languages"] == [expected]


@pytest.mark.parametrize(
    ("text", "found"),
    [(FRENCH, "fr"), (GERMAN, "de"), (CHINESE, "zh"), (RUSSIAN, "ru"), (JAPANESE, "ja")],
)
def test_a_foreign_passage_lowers_the_share_and_is_named(text: str, found: str) -> None:
    row = language(ENGLISH * 3 + text + ENGLISH * 3)
    assert 0.8 < row["share"] < 0.98
    assert row["languages"] == ["en", found]
    assert row["foreign_span"] == pytest.approx(len(text.strip()), abs=3)


def test_the_share_is_words_in_the_target_by_all_words() -> None:
    row = language("one two three " + "Я не знаю что это")
    # `Я` is one letter: taken for a symbol.
    assert (row["words"], row["foreign_words"]) == (7, 4)
    assert row["share"] == pytest.approx(3 / 7)


def test_han_characters_are_counted_as_words_of_one_and_a_half() -> None:
    assert language("", response="")["share"] is None
    assert language(CHINESE, "zh")["words"] == round(len(CHINESE.rstrip("。")) / 1.6)


@pytest.mark.parametrize(
    "text",
    [
        r"\(\text{Prix} = x_1 + \alpha\)",
        r"\[ \frac{a}{b} \mod p \]",
        "$2\\pi r \\cdot h_{total}$",
        "```python\nfor valeur in liste_des_prix:\n    somme += valeur\n```",
        "`valeur_totale`",
        "x1 y2 foo_bar AB CD DB",
        "sin cos mod gcd",
        "Δ α 12 3.5 %",
    ],
)
def test_math_and_code_are_no_words(text: str) -> None:
    assert language(text)["words"] == 0
    assert language(ENGLISH + text + "\n" + ENGLISH)["share"] == 1


def test_money_is_no_formula() -> None:
    row = language("He paid $50 and Марина заплатила $60 more.")
    assert row["foreign_words"] == 2


def test_names_and_formula_words_in_chinese_are_no_english() -> None:
    assert language("设 Alice 有 sin 和 cm，求 GCD。" + CHINESE, "zh")["share"] == 1
    assert language("okay，" + CHINESE, "zh")["foreign_words"] == 1


def test_short_sentences_count_for_nobody() -> None:
    assert language("Très bien. " + ENGLISH)["share"] == 1


@pytest.mark.parametrize("question", ["Quel bénéfice a-t-il réalisé ?", "¿Cuántas abejas hay?"])
def test_a_short_sentence_of_another_languages_common_words_counts(question: str) -> None:
    assert language(ENGLISH + question)["foreign_words"] >= 3


@pytest.mark.parametrize(
    "sentence",
    [
        "Lasse on hyvin iloinen tuloksesta tänään.",  # "on" is English, too
        "Kila mwanafunzi hununua kalamu tatu sokoni.",  # fastText is not sure what it is
    ],
)
def test_a_sentence_that_is_anything_but_english_counts(sentence: str) -> None:
    assert language(ENGLISH + sentence)["foreign_words"] >= 5


@pytest.mark.parametrize(
    "notes",
    [
        "Pick door 1, host opens door 3, switch to door 2, lose.",
        "Donkey behind door 3 (prob. 1/3), goat behind door 1, car behind door 2.",
    ],
)
def test_notes_that_may_be_english_as_well_do_not_count(notes: str) -> None:
    assert language(ENGLISH + notes)["share"] == 1


def test_prose_between_math_delimiters_is_read() -> None:
    assert language(ENGLISH + r"\[ n = 1. " + GERMAN + r"\]" + ENGLISH)["languages"] == ["en", "de"]
    assert language(ENGLISH + r"\( n_{	ext{总数}} \)")["languages"] == ["en", "zh"]


def test_hindi_is_told_by_its_script() -> None:
    assert language("देखिए इस बार का बिग बॉस क्या क्या दिखाता है।", "hi")["share"] == 1


def test_an_answer_in_another_language_than_the_question_shows() -> None:
    row = language(ENGLISH, response=FRENCH * 2)
    assert (row["response"], row["response_matches"]) == ("fr", False)
    row = language(ENGLISH, response=ENGLISH)
    assert (row["response"], row["response_matches"]) == ("en", True)
    assert language(ENGLISH, response=r"\boxed{7}")["response_matches"] is None


def test_a_problem_without_a_language_has_no_share() -> None:
    (row,) = annotated("language", {"reasoning": ENGLISH, "language": None})
    assert row["share"] is None
    assert row["languages"] == ["en"]


def test_rows_of_several_languages_keep_their_order() -> None:
    texts = {"en": ENGLISH, "zh": CHINESE, "ru": RUSSIAN}
    rows = [{"reasoning": texts[code], "language": code} for code in ("zh", "en", "ru", "zh")]
    assert [row["languages"] for row in annotated("language", *rows)] == [
        ["zh"],
        ["en"],
        ["ru"],
        ["zh"],
    ]


def test_many_short_foreign_texts_have_room_for_their_marks() -> None:
    rows = annotated("language", *({"reasoning": "le la de", "language": "en"},) * 500)
    assert {row["words"] for row in rows} == {3}


def test_a_long_foreign_text_is_judged_on_a_sample() -> None:
    row = language(FRENCH * 300, judged_bytes=500)
    assert row["share"] < 0.05


@pytest.mark.parametrize("code", COMMON_WORDS)
def test_lists_of_common_words_have_no_word_twice(code: str) -> None:
    words = COMMON_WORDS[code].split()
    assert len(words) == len(set(words))
    assert not set(words) & set(NEUTRAL_WORDS.split())
