"""All that was sampled for one problem, read for building splits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from cotfactory.splits.assistant import Turn, read_turn
from cotfactory.splits.candidates import CUE, Candidate
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

    `rules` are those that rejected it, `scores` its annotations (`<annotator>_<column>`).
    `candidates` are the answers stated in its thought, in order, None where nobody looked.
    """

    problem: Problem
    trace: Trace
    verdict: Verdict | None
    kept: bool
    rules: tuple[str, ...] = ()
    scores: Mapping[str, Any] = field(default_factory=dict)
    candidates: Sequence[Judged] | None = None

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

    @cached_property
    def reflections(self) -> int:
        """How many words its thought has that open a reflection."""
        return sum(1 for _ in CUE.finditer(self.turn.thought))

    def judged(self, candidates: Sequence[Judged]) -> "Sample":
        """The same sample with its candidates."""
        return replace(self, candidates=candidates)


@dataclass(frozen=True)
class Group:
    """The samples of one problem, in the order of (sample, trace_id), and its part."""

    problem: Problem
    samples: Sequence[Sample]
    part: Part
