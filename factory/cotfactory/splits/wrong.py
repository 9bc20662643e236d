"""Which wrong samples may stand in a journey, how far, and which check they fail."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from pydantic import JsonValue

from cotfactory.splits.arithmetic import first_false_equation
from cotfactory.splits.group import Sample
from cotfactory.splits.reflection import Failure, one_line, reflect
from cotfactory_schemas import JourneySettings

_HAN = re.compile(r"[\u4e00-\u9fff]")
_HAN_LANGUAGES = frozenset({"ja", "ko", "zh"})
_LINE_END = re.compile(r"\n|$")


ROUNDING = 1e-3  # decimals this near, relatively, differ by how they were rounded
_TOKEN = re.compile(r"\d{1,15}(?:\.\d{1,15})?|[-+*/^]")

_DIGITS = re.compile(r"\d+")
_THOUSANDS = re.compile(r",(?=\d{3}\b)")
MOST_NUMBERS = 6  # of an answer, that are looked for elsewhere

BREAK = "\n\n"  # between the parts of a journey's thought


class WrongAttempt(NamedTuple):
    """The thought of a wrong sample, cut after its first wrong step where that is known."""

    sample: Sample
    text: str
    failure: Failure

    def reflection(self, seed: int, other: str | None = None) -> str:
        """Returns the words that turn back from it; `other` is the wrong answer tried before."""
        failure = self.failure
        if other and failure.check == "value":
            failure = Failure("again", {**failure.values, "other": other})
        language = self.sample.problem.language
        return reflect(failure, language, seed, self.sample.trace.trace_id)


def fit_as_wrong(sample: Sample, settings: JourneySettings) -> bool:
    """Whether a sample is verified wrong and fit otherwise.

    Fit means that no rule rejected it but those that a wrong answer breaks, that it came to its
    own end, that it has a thought, and that no tag stands in its text.
    """
    return (
        sample.status == "incorrect"
        and set(sample.rules) <= set(settings.wrong_rules)
        and sample.trace.finish_reason != "length"
        and bool(sample.turn.thought)
        and not sample.turn.tagged
    )


def whole_path(sample: Sample) -> str:
    """Returns the thought; one that was read out of an answer goes on into its conclusion.

    It does not where the conclusion stands in tags, which have no place in a thought.
    """
    response = sample.trace.response.strip()
    goes_on = response.startswith(sample.turn.thought) and "<answer>" not in response
    return response if goes_on else sample.turn.thought


def wrong_attempt(sample: Sample, settings: JourneySettings) -> WrongAttempt | None:
    """Returns the attempt that `sample` offers; None unless it is fit."""
    if not fit_as_wrong(sample, settings):
        return None
    path = whole_path(sample)
    cut = _cut_at_label(sample, path) or _cut_at_equation(sample, path)
    if cut is None and path.endswith(":") and sample.extracted:
        path = f"{path} {one_line(sample.extracted)}"  # its answer stood in tags behind it
    return cut or WrongAttempt(sample, path, _failure(sample))


def same_value(wrong: str | None, right: str | None) -> bool:
    """Whether a wrong answer only dresses or rounds the right one: `t = 36.0` where 36 is asked.

    A strict verifier rejects it, but a journey that calls it a mistake would teach nonsense. Two
    answers are the same when their numbers and operators are; words do not tell them apart.
    """
    if not wrong or not right:
        return wrong == right
    ours, theirs = (_TOKEN.findall(text.replace("−", "-")) for text in (wrong, right))
    if not theirs:
        return wrong.casefold() == right.casefold()
    return len(ours) == len(theirs) and all(map(_nearly_equal, ours, theirs))


def on_the_way(wrong: str | None, path: str) -> bool:
    """Whether a wrong answer of several numbers stands in the right path: 1/115 where 116 is asked.

    It is a step that lacks the last one, and no reflection may call it wrong. A single number may
    stand there by chance.
    """
    numbers = _DIGITS.findall(_THOUSANDS.sub("", wrong or ""))[:MOST_NUMBERS]
    together = r"[^\d\s]{1,4}".join(numbers)
    return len(numbers) > 1 and re.search(rf"(?<!\d){together}(?!\d)", path) is not None


def _nearly_equal(first: str, second: str) -> bool:
    if first == second or not (first[0].isdigit() and second[0].isdigit()):
        return first == second
    a, b = float(first), float(second)
    return a == b or ("." in first + second and abs(a - b) <= ROUNDING * max(a, b))


def first_wrong_step(extra: Mapping[str, JsonValue]) -> tuple[str, str] | None:
    """Returns the first step that a person or a judge labelled wrong, and the reason they gave.

    Read from a trace's `extra`: `steps` (texts in order), `first_error_step` (1-based) and
    `error_reason`. None without a label.
    """
    steps, number = extra.get("steps"), extra.get("first_error_step")
    if not isinstance(steps, list) or not isinstance(number, int):
        return None
    if not 1 <= number <= len(steps):
        return None
    reason = extra.get("error_reason")
    return str(steps[number - 1]), reason.strip() if isinstance(reason, str) else ""


def in_script_of(text: str, language: str) -> bool:
    """Whether `text` is free of Chinese characters, or the language is written with them."""
    return language in _HAN_LANGUAGES or _HAN.search(text) is None


def _cut_at_label(sample: Sample, path: str) -> WrongAttempt | None:
    """Cuts right after the step that is labelled wrong, for the reason given with the label."""
    labelled = first_wrong_step(sample.trace.extra)
    if labelled is None:
        return None
    step, reason = labelled[0].strip(), labelled[1]
    at = path.find(step) if step else -1
    if at < 0 or not reason or not in_script_of(reason, sample.problem.language):
        return None
    return WrongAttempt(sample, path[: at + len(step)], Failure("step", {"detail": reason}))


def _cut_at_equation(sample: Sample, path: str) -> WrongAttempt | None:
    """Cuts after the line of the first false equation."""
    wrong = first_false_equation(path)
    if wrong is None:
        return None
    line_end = _LINE_END.search(path, wrong.end)
    text = path[: line_end.start() if line_end else len(path)].rstrip()
    values = {"claim": wrong.claim, "left": wrong.left, "truth": wrong.truth}
    return WrongAttempt(sample, text, Failure("equation", values))


def _failure(sample: Sample) -> Failure:
    """The check that the verdict names, else that the answer is wrong."""
    verdict = sample.verdict
    if verdict and verdict.verifier == "code":
        # Behind what failed, the verdict says in which sandbox it ran.
        test = verdict.detail.rpartition("; in ")[0]
        if test:
            return Failure("test", {"detail": test})
    if verdict and verdict.verifier == "constraints" and verdict.detail:
        return Failure("constraint", {"detail": verdict.detail.removeprefix("broken: ")})
    return Failure("value", {"answer": sample.extracted or ""})
