"""Which wrong samples may stand in a journey, how far, and which check they fail."""

import re
from typing import NamedTuple

from cotfactory.splits.arithmetic import first_false_equation
from cotfactory.splits.assistant import has_tags
from cotfactory.splits.group import Sample
from cotfactory.splits.reflection import Failure, one_line
from cotfactory_schemas import JourneySettings

_LINE_END = re.compile(r"\n|$")


class WrongAttempt(NamedTuple):
    """The thought of a wrong sample, cut after its first wrong step where that is known."""

    sample: Sample
    text: str
    failure: Failure


def wrong_attempt(sample: Sample, settings: JourneySettings) -> WrongAttempt | None:
    """Returns the attempt that `sample` offers; None unless it is verified wrong and otherwise fit.

    Fit means that no rule rejected it but those that a wrong answer breaks, that it came to its
    own end, and that it has a thought free of tags.
    """
    thought = sample.turn.thought
    fit = (
        sample.status == "incorrect"
        and set(sample.rules) <= set(settings.wrong_rules)
        and sample.trace.finish_reason != "length"
        and thought
        and not has_tags(thought)
    )
    if not fit:
        return None
    return _cut_at_equation(sample, thought) or WrongAttempt(sample, thought, _failure(sample))


def _cut_at_equation(sample: Sample, thought: str) -> WrongAttempt | None:
    """Cuts after the line of the first false equation."""
    wrong = first_false_equation(thought)
    if wrong is None:
        return None
    line_end = _LINE_END.search(thought, wrong.end)
    text = thought[: line_end.start() if line_end else len(thought)].rstrip()
    values = {"claim": wrong.claim, "left": wrong.left, "truth": wrong.truth}
    return WrongAttempt(sample, text, Failure("equation", values))


def _failure(sample: Sample) -> Failure:
    """The check that the verdict names, else that the answer is wrong."""
    verdict = sample.verdict
    detail = one_line(verdict.detail) if verdict else ""
    if verdict and detail and verdict.verifier == "code":
        return Failure("test", {"detail": detail})
    if verdict and detail and verdict.verifier == "constraints":
        return Failure("constraint", {"detail": detail})
    return Failure("value", {"answer": sample.extracted or ""})
