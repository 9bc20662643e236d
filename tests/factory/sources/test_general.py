from collections import Counter

import pytest

from builders import trace
from cotfactory import sources
from cotfactory.errors import UsageError
from cotfactory.recipe import document, validate
from cotfactory.sources.general import THOUGHTS
from cotfactory_filters.verify.base import NoSettings
from cotfactory_filters.verify.constraints import ConstraintChecks, ConstraintsVerifier
from cotfactory_schemas import Plugin, Problem

LANGUAGES = {"en", "zh", "de", "fr", "es", "ja"}


def general(**options: object) -> list[Problem]:
    found = list(sources.problems((Plugin.model_validate({"kind": "general", **options}),)))
    assert all(isinstance(one, Problem) for one in found)
    return [one for one in found if isinstance(one, Problem)]


def test_every_language_has_prompts_of_every_category() -> None:
    found = general()
    cells = Counter((one.language, one.extra["category"]) for one in found)
    assert set(cells) == {(language, category) for language in LANGUAGES for category in THOUGHTS}
    assert len(found) >= 80
    assert min(cells.values()) >= 3


def test_prompts_are_of_the_general_domain_and_no_reasoning() -> None:
    said = {(one.domain, one.kind, one.licence) for one in general()}
    assert said == {("general", "non_reasoning", "apache-2.0")}


def test_an_answer_is_judged_where_its_prompt_asks_for_a_form_or_a_word() -> None:
    verifier = ConstraintsVerifier(NoSettings())
    judged = {one.source_id: one for one in general() if one.verifier}
    assert all(ConstraintChecks.model_validate(one.checks) for one in judged.values())
    ready, day = judged["trivial-de-2"], judged["trivial-ja-3"]
    assert verifier.verify(ready, trace(ready, response="Bereit.")).status == "correct"
    long = trace(ready, response="Ich bin jetzt bereit für alles")
    assert verifier.verify(ready, long).status == "incorrect"
    assert verifier.verify(day, trace(day, response="水曜日です。")).status == "correct"
    assert verifier.verify(day, trace(day, response="木曜日です。")).status == "incorrect"


@pytest.mark.parametrize(
    ("category", "thought"),
    [("greeting", "none"), ("trivial", "none"), ("translation", "short"), ("writing", "full")],
)
def test_the_category_rules_how_much_thought_there_is(category: str, thought: str) -> None:
    assert {one.thought for one in general(categories=[category])} == {thought}


def test_no_prompt_and_no_id_stands_twice() -> None:
    found = general()
    assert len({one.prompt for one in found}) == len({one.source_id for one in found})
    assert len({one.problem_id for one in found}) == len(found)


def test_a_few_prompts_are_spread_over_languages_and_categories() -> None:
    few = general(size=len(THOUGHTS))
    assert {one.extra["category"] for one in few} == set(THOUGHTS)
    assert {one.language for one in few} == LANGUAGES
    more = general(size=len(LANGUAGES) * len(THOUGHTS))
    assert len({(one.language, one.extra["category"]) for one in more}) == len(more)


def test_languages_and_categories_limit_what_comes() -> None:
    found = general(languages=["de", "ja"], categories=["writing"], size=4)
    assert Counter(one.language for one in found) == {"de": 2, "ja": 2}


def test_a_language_that_there_is_not_is_refused_with_those_there_are() -> None:
    text = "name: mine\nproblems:\n  - {kind: general, languages: [xx]}\n"
    with pytest.raises(UsageError, match=r"problems\.0\.languages\.0: .*'en', 'zh'"):
        validate.recipe(document.parse(text, "recipe.yaml"))
