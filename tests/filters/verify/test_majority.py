"""Without a reference, what most samples answer counts, and is recorded as a vote."""

from answers import problem, trace
from cotfactory_filters.verify.base import NoSettings
from cotfactory_filters.verify.majority import vote
from cotfactory_filters.verify.math import MathVerifier


def statuses(*answers: str, min_share: float = 0.5) -> list[str]:
    traces = [trace(rf"\boxed{{{a}}}" if a else "") for a in answers]
    asked = problem(reference=None)
    return [v.status for v in vote(asked, traces, MathVerifier(NoSettings()), min_share)]


def test_equal_answers_count_together_however_written() -> None:
    assert statuses("1/2", "0.5", r"\frac12", "2") == ["correct"] * 3 + ["incorrect"]


def test_a_tie_has_no_winner() -> None:
    assert statuses("1", "2") == ["unverifiable", "unverifiable"]


def test_samples_without_an_answer_weaken_the_majority() -> None:
    assert statuses("1", "", "", "") == ["unverifiable"] + ["unparsable"] * 3
    assert statuses("1", "", min_share=0.5) == ["correct", "unparsable"]


def test_a_vote_is_recorded_as_one() -> None:
    traces = [trace(r"\boxed{7}"), trace(r"\boxed{7}"), trace(r"\boxed{8}")]
    first, *_ = vote(problem(reference=None), traces, MathVerifier(NoSettings()))
    assert (first.verifier, first.method, first.reference) == ("majority", "majority", "7")
    assert first.score is not None
    assert round(first.score, 2) == 0.67


def test_no_samples_make_no_verdicts() -> None:
    assert statuses() == []
