"""Judges whether a response keeps to what the prompt asked of its form."""

import json
import re
from collections.abc import Callable, Iterator
from typing import ClassVar, Literal

import polars as pl
from pydantic import Field, ValidationError

from cotfactory_filters.verify.base import NoSettings, verdict
from cotfactory_schemas import Problem, Settings, Trace, Verdict

Form = Literal["json", "bullet_list", "numbered_list", "code_block", "lower_case", "upper_case"]

MAX_PATTERN_CHARS = 1_000
_BLANK_LINES = re.compile(r"\n[ \t]*\n")
_SENTENCE_END = re.compile(r"[.!?]+(?=\s|\Z)|[。！？]+")
_BULLET, _NUMBER = re.compile(r"[ \t]*[-*+•] "), re.compile(r"[ \t]*\d{1,3}[.)] ")
_FENCED_JSON = re.compile(r"\A```(?:json)?\s*\n(.*)\n```\Z", re.DOTALL)


class ConstraintChecks(Settings):
    """What a response must keep to; what is not set does not count.

    Words are runs of characters between blanks, paragraphs are parted by blank lines. `contains`
    and `excludes` are texts, found in any case unless `match_case`. `pattern` is a regular
    expression without look-around and back-references, found anywhere: its time grows with the
    text and no faster. `language` is an ISO 639-1 code and asks for the main language.
    """

    min_chars: int | None = Field(default=None, ge=0)
    max_chars: int | None = Field(default=None, ge=0)
    min_words: int | None = Field(default=None, ge=0)
    max_words: int | None = Field(default=None, ge=0)
    min_sentences: int | None = Field(default=None, ge=0)
    max_sentences: int | None = Field(default=None, ge=0)
    min_paragraphs: int | None = Field(default=None, ge=0)
    max_paragraphs: int | None = Field(default=None, ge=0)
    contains: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    match_case: bool = False
    starts_with: str | None = None
    ends_with: str | None = None
    form: Form | None = None
    pattern: str | None = Field(default=None, max_length=MAX_PATTERN_CHARS)
    language: str | None = None


class ConstraintsVerifier:
    """Correct when every constraint in the problem's checks holds; `score` is the share that does.

    There is no reference: what is right in substance, another verifier has to say.
    """

    name: ClassVar[str] = "constraints"
    version: ClassVar[int] = 1
    settings_model: ClassVar[type[Settings]] = NoSettings

    def __init__(self, settings: NoSettings) -> None:
        self.settings = settings

    def verify(self, problem: Problem, trace: Trace) -> Verdict:
        """Checks the response of `trace`, without the thought."""
        text = trace.response.strip()
        try:
            checks = ConstraintChecks.model_validate(problem.checks)
            outcomes = dict(_outcomes(checks, text))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            return verdict(self, trace, "unverifiable", detail=f"checks.{where}: {first['msg']}")
        except pl.exceptions.ComputeError as error:
            why = f"checks.pattern: {str(error).splitlines()[-1]}"
            return verdict(self, trace, "unverifiable", detail=why)
        if not outcomes:
            return verdict(self, trace, "unverifiable", detail="checks: no constraint is set")
        if not text:
            return verdict(self, trace, "unparsable", detail="the response is empty")
        broken = [name for name, holds in outcomes.items() if not holds]
        return verdict(
            self,
            trace,
            "incorrect" if broken else "correct",
            method="constraints",
            score=1 - len(broken) / len(outcomes),
            detail=f"broken: {', '.join(broken)}" if broken else "",
        )


def _outcomes(checks: ConstraintChecks, text: str) -> Iterator[tuple[str, bool]]:
    """Yields each constraint that is set, as a person would name it, and whether it holds."""
    yield from _lengths(checks, text)
    folded = (lambda part: part) if checks.match_case else str.casefold
    for part in checks.contains:
        yield f"contains {part!r}", folded(part) in folded(text)
    for part in checks.excludes:
        yield f"excludes {part!r}", folded(part) not in folded(text)
    if checks.starts_with is not None:
        yield f"starts_with {checks.starts_with!r}", text.startswith(checks.starts_with.strip())
    if checks.ends_with is not None:
        yield f"ends_with {checks.ends_with!r}", text.endswith(checks.ends_with.strip())
    if checks.form is not None:
        yield f"form {checks.form}", _FORMS[checks.form](text)
    if checks.pattern is not None:
        # Rust's engine: linear in the text; Python's takes exponential time on some patterns
        yield f"pattern {checks.pattern!r}", bool(pl.Series([text]).str.contains(checks.pattern)[0])
    if checks.language is not None:
        yield f"language {checks.language}", _main_language(text, checks.language)


def _lengths(checks: ConstraintChecks, text: str) -> Iterator[tuple[str, bool]]:
    for unit, count in _COUNTS.items():
        least, most = getattr(checks, f"min_{unit}"), getattr(checks, f"max_{unit}")
        if least is not None or most is not None:
            counted = count(text)
            wanted = f"{unit} {counted} of {least or 0} to {'any' if most is None else most}"
            yield wanted, (least or 0) <= counted and (most is None or counted <= most)


_COUNTS: dict[str, Callable[[str], int]] = {
    "chars": len,
    "words": lambda text: len(text.split()),
    "sentences": lambda text: len(_SENTENCE_END.findall(text)) or int(bool(text)),
    "paragraphs": lambda text: sum(1 for part in _BLANK_LINES.split(text) if part.strip()),
}


def _is_json(text: str) -> bool:
    fenced = _FENCED_JSON.match(text)
    try:
        json.loads(fenced[1] if fenced else text)
    except (ValueError, RecursionError):
        return False
    return True


def _is_list(item: re.Pattern[str]) -> Callable[[str], bool]:
    def has_items(text: str) -> bool:
        return sum(1 for line in text.split("\n") if item.match(line)) > 1

    return has_items


_FORMS: dict[Form, Callable[[str], bool]] = {
    "json": _is_json,
    "bullet_list": _is_list(_BULLET),
    "numbered_list": _is_list(_NUMBER),
    "code_block": lambda text: text.count("```") > 1,
    "lower_case": lambda text: text == text.lower(),
    "upper_case": lambda text: text == text.upper(),
}


def _main_language(text: str, language: str) -> bool:
    from cotfactory_filters.language_model import guess  # noqa: PLC0415 - slow to load

    return guess(text).language == language.lower()
