"""All that was sampled for one problem, read for building splits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from cotfactory.splits.assistant import Turn, read_turn
from cotfactory_filters.annotate.candidates import Candidate
from cotfactory_filters.annotate.claims import Claims
from cotfactory_schemas import Problem, Trace, Verdict
from cotfactory_schemas.split import Part
from cotfactory_schemas.verdict import Status


@dataclass(frozen=True)
class Judged:
    """A candidate answer in a thought, and the verdict on it."""

    candidate: Candidate
    status: Status


@dataclass(frozen=True)
class Sample:
    """One trace with everything that is known about it.

    `rules` are those that rejected it, `scores` its annotations (`<annotator>_<column>`). Of its
    thought, `claims` are what it claims and `candidates` the answers stated in it, in order, with
    verdicts, both None where nobody looked; `reflections` is how many words open a reflection.
    """

    problem: Problem
    trace: Trace
    verdict: Verdict | None
    kept: bool
    rules: tuple[str, ...] = ()
    scores: Mapping[str, Any] = field(default_factory=dict)
    claims: Claims | None = None
    candidates: Sequence[Judged] | None = None
    reflections: int = 0

    @cached_property
    def turn(self) -> Turn:
        """Its thought and answer, as they stand in a published row."""
        return read_turn(self.problem, self.trace, self.extracted)

    @property
    def status(self) -> Status | None:
        """What its verdict says; None without one."""
        return self.verdict.status if self.verdict else None

    @property
    def extracted(self) -> str | None:
        """The answer that its verifier found."""
        return self.verdict.extracted if self.verdict else None

    @property
    def wrong_candidates(self) -> int:
        """How many wrong answers its thought states on the way."""
        return sum(j.status == "incorrect" for j in self.candidates or ())


@dataclass(frozen=True)
class Group:
    """The samples of one problem, in the order of (sample, trace_id), and its part."""

    problem: Problem
    samples: Sequence[Sample]
    part: Part
