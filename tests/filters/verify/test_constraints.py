"""The verifier for the form of a response."""

import time
from typing import Any

import pytest

from answers import problem, trace
from cotfactory_filters.verify import make_verifier
from cotfactory_schemas import Verdict


def judged(response: str, **checks: Any) -> Verdict:
    asked = problem(None, "constraints", checks=checks)
    answered = trace(response, reasoning="zebra " * 1000)
    return make_verifier("constraints").verify(asked, answered)


TWO = "One short sentence. And a second one!\n\nA new paragraph starts here."
KEPT: list[tuple[str, dict[str, Any]]] = [
    (TWO, {"min_words": 12, "max_words": 12}),
    (TWO, {"min_sentences": 3, "max_sentences": 3}),
    (TWO, {"min_paragraphs": 2, "max_paragraphs": 2}),
    (TWO, {"max_chars": len(TWO)}),
    ("这是一句话。这是第二句。", {"max_sentences": 2, "language": "zh"}),
    (TWO, {"contains": ["PARAGRAPH", "second"], "excludes": ["zebra"]}),
    (TWO, {"contains": ["Paragraph"], "match_case": False}),
    ('{"a": [1, 2]}', {"form": "json"}),
    ('```json\n{"a": 1}\n```', {"form": "json"}),
    ("- one\n- two", {"form": "bullet_list"}),
    ("1. one\n2. two", {"form": "numbered_list"}),
    ("So:\n```\nx\n```", {"form": "code_block"}),
    ("all small, 1.", {"form": "lower_case"}),
    ("ALL GREAT, 1.", {"form": "upper_case"}),
    ("P.S. bye", {"starts_with": "P.S.", "ends_with": "bye"}),
    ("call 555-1234 now", {"pattern": r"\b\d{3}-\d{4}\b"}),
    ("Ceci est une phrase française assez longue pour être reconnue.", {"language": "fr"}),
]
BROKEN: list[tuple[str, dict[str, Any], str]] = [
    (TWO, {"max_words": 11}, "words 12 of 0 to 11"),
    (TWO, {"min_sentences": 4}, "sentences 3 of 4 to any"),
    (TWO, {"contains": ["Paragraph"], "match_case": True}, "contains 'Paragraph'"),
    (TWO, {"excludes": ["SHORT"]}, "excludes 'SHORT'"),
    ('{"a": [1, 2}', {"form": "json"}, "form json"),
    ("[" * 100_000, {"form": "json"}, "form json"),
    ("- one", {"form": "bullet_list"}, "form bullet_list"),
    ("Mixed", {"form": "lower_case"}, "form lower_case"),
    ("no number", {"pattern": r"\d"}, "pattern"),
    ("This is an English sentence that is long enough to be known.", {"language": "de"}, "de"),
]


@pytest.mark.parametrize(("response", "checks"), KEPT)
def test_a_response_that_keeps_to_the_form_is_correct(
    response: str, checks: dict[str, Any]
) -> None:
    said = judged(response, **checks)
    assert (said.status, said.score) == ("correct", 1.0), said.detail


@pytest.mark.parametrize(("response", "checks", "names"), BROKEN)
def test_what_was_broken_is_named(response: str, checks: dict[str, Any], names: str) -> None:
    said = judged(response, **checks)
    assert said.status == "incorrect"
    assert names in said.detail


def test_the_score_is_the_share_that_holds() -> None:
    said = judged(TWO, max_words=100, contains=["second"], excludes=["short"], form="json")
    assert (said.status, said.score) == ("incorrect", 0.5)


def test_no_pattern_takes_exponential_time() -> None:
    started = time.perf_counter()
    assert judged("a" * 50_000 + "!", pattern="(a+)+$").status == "incorrect"
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize(
    ("checks", "says"),
    [
        ({}, "no constraint"),
        ({"max_word": 5}, "checks.max_word"),
        ({"pattern": "(?=x)"}, "checks.pattern"),
        ({"pattern": "("}, "checks.pattern"),
        ({"form": "poem"}, "checks.form"),
    ],
)
def test_constraints_that_cannot_be_read_are_unverifiable(
    checks: dict[str, Any], says: str
) -> None:
    said = judged("text", **checks)
    assert said.status == "unverifiable"
    assert says in said.detail


def test_an_empty_response_is_unparsable() -> None:
    assert judged(" \n", max_words=5).status == "unparsable"
