"""Without a reference, what most samples answer counts, and is recorded as a vote."""

from collections.abc import Iterator

import pytest

from answers import problem, trace
from cotfactory_filters.verify.base import NoSettings
from cotfactory_filters.verify.majority import Terms, vote
from cotfactory_filters.verify.math import MathVerifier
from cotfactory_filters.verify.pool import VerifierPool
from cotfactory_schemas import Verdict
from cotfactory_schemas.recipe import VerifySettings

HANGS = r"\int_0^1 x^x e^{x^{x^x}} dx"


@pytest.fixture(scope="module")
def pool() -> Iterator[VerifierPool]:
    with VerifierPool(VerifySettings(timeout_s=0.5)) as pool:
        yield pool


def votes(pool: VerifierPool, *answers: str, min_share: float = 0.5) -> list[Verdict]:
    traces = [trace(rf"\boxed{{{a}}}" if a else "") for a in answers]
    verifier = MathVerifier(NoSettings())
    return vote(problem(None), traces, verifier, pool, Terms(min_share, {"ballot": "b"}))


def statuses(pool: VerifierPool, *answers: str, min_share: float = 0.5) -> list[str]:
    return [v.status for v in votes(pool, *answers, min_share=min_share)]


def test_equal_answers_count_together_however_written(pool: VerifierPool) -> None:
    assert statuses(pool, "2", "1/2", "0.5", r"\frac12") == ["incorrect"] + ["correct"] * 3


def test_a_tie_has_no_winner(pool: VerifierPool) -> None:
    assert statuses(pool, "1", "2") == ["unverifiable", "unverifiable"]


def test_samples_without_an_answer_weaken_the_majority(pool: VerifierPool) -> None:
    assert statuses(pool, "1", "", "", "") == ["unverifiable"] + ["unparsable"] * 3
    assert statuses(pool, "1", "", min_share=0.5) == ["correct", "unparsable"]


def test_a_vote_is_recorded_as_one(pool: VerifierPool) -> None:
    first, *_ = votes(pool, "7", "7", "8")
    assert (first.verifier, first.method, first.reference) == ("majority", "majority", "7")
    assert first.settings == {"ballot": "b"}
    assert first.score is not None
    assert round(first.score, 2) == 0.67


def test_no_samples_make_no_verdicts(pool: VerifierPool) -> None:
    assert statuses(pool) == []


def test_an_answer_that_hangs_costs_itself_a_few_comparisons_and_the_others_nothing(
    pool: VerifierPool,
) -> None:
    made = votes(pool, HANGS, "x", "y", "x", "z", "x", "x")
    assert [v.status == "correct" for v in made] == [False, True, False, True, False, True, True]
