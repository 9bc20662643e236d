"""Who is asked next: the sampling plan, without engines, files or clocks.

Every problem wants `wanted_correct` correct traces and gets at most `max_samples` samples. The plan
hands out one sample at a time: first samples before second ones, problems without an unjudged
sample before those with one, and near the end the longest expected first.

What a problem's next sample will be is guessed from a Beta posterior whose prior has the mean of
the problem's domain so far and the weight of `_PRIOR_WEIGHT` samples. So small a weight makes the
prior U-shaped, as pass rates of real problems are: most are solved nearly always or nearly never.
"""

import heapq
import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from cotfactory_schemas import Domain, Problem, Status
from cotfactory_schemas.outcome import OutcomeName
from cotfactory_schemas.recipe import GenerateSettings

ACCEPTED: tuple[Status, ...] = ("correct", "unverifiable")
_PRIOR_WEIGHT = 1.0
_AGE_FACTOR = 1.5  # of 1, 1.5 and 2 the best in tests/benchmarks/scheduler.py


@dataclass(eq=False, slots=True)
class Asked:
    """A problem and what became of its samples. Indices in `used` were asked for before."""

    problem: Problem
    order: int
    used: set[int] = field(default_factory=set)
    pending: int = 0
    correct: int = 0
    judged: int = 0
    unverifiable: int = 0
    seconds: float = 0.0
    ended: int = 0
    running: list[float] = field(default_factory=list)  # when samples in flight were asked for
    ticket: int = 0
    outcome: OutcomeName | None = None

    def take(self) -> int:
        """Marks the lowest unused sample index as asked for, and returns it."""
        sample = next(i for i in range(len(self.used) + 1) if i not in self.used)
        self.used.add(sample)
        self.pending += 1
        return sample


@dataclass(slots=True)
class DomainCounts:
    """What is known of a domain so far."""

    judged: int = 0
    correct: int = 0
    accepted: int = 0
    seconds: float = 0.0
    ended: int = 0

    @property
    def pass_rate(self) -> float:
        """Share of judged samples that were correct, from a uniform prior."""
        return (self.correct + 1) / (self.judged + 2)


class Plan:
    """Hands out samples until every problem has an outcome; `on_close` is told of each."""

    def __init__(
        self, settings: GenerateSettings, on_close: Callable[[Asked], None] = lambda _: None
    ) -> None:
        self.settings = settings
        self._on_close = on_close
        self.domains: dict[Domain, DomainCounts] = defaultdict(DomainCounts)
        self.active = 0
        self.outcomes: dict[OutcomeName, int] = defaultdict(int)
        self._longest_first = False
        self._ready: list[tuple[tuple[int, ...], int, Asked]] = []
        self._unsure: list[tuple[tuple[int, ...], int, Asked]] = []
        self._open: dict[str, Asked] = {}

    def admit(self, asked: Asked) -> None:
        """Adds a problem, with what earlier runs asked of it already counted in `asked`."""
        self.active += 1
        self._open[asked.problem.problem_id] = asked
        self._replan(asked)

    def next(self, now: float = 0.0) -> tuple[Asked, int] | None:
        """Takes the next sample to ask for, as (problem, sample index); None when none is due.

        `now` is the time in seconds, by the clock of `started`.
        """
        if self._longest_first:
            asked = self._longest(now)
            return (asked, asked.take()) if asked else None
        for heap in (self._ready, self._unsure):
            while heap:
                _, ticket, asked = heapq.heappop(heap)
                if ticket != asked.ticket:
                    continue  # planned anew since
                if self.outcome_of(asked) is not None:  # the domain has moved on
                    self._replan(asked)
                    continue
                sample = asked.take()
                self._replan(asked)
                return asked, sample
        return None

    def lost(self, asked: Asked, sample: int) -> None:
        """Takes a sample back that got no answer, to be asked for again."""
        asked.used.discard(sample)
        asked.pending -= 1
        self._replan(asked)

    def started(self, asked: Asked, now: float) -> None:
        """Counts a sample as in flight."""
        asked.running.append(now)

    def ended(self, asked: Asked, started: float, now: float) -> None:
        """Counts a sample as in flight no more."""
        asked.running.remove(started)
        self.took(asked, now - started)

    def took(self, asked: Asked, seconds: float) -> None:
        """Counts how long a sample took, in this or an earlier run."""
        for counts in (asked, self.domains[asked.problem.domain]):
            counts.seconds += seconds
            counts.ended += 1

    def judged(self, asked: Asked, status: Status) -> None:
        """Counts the verdict of a sample that was pending."""
        asked.pending -= 1
        self.count(asked, status)
        if status in ACCEPTED:
            self.domains[asked.problem.domain].accepted += 1
        self._replan(asked)

    def had_accepted(self, domain: Domain, traces: int) -> None:
        """Counts what earlier runs accepted of a domain, before any of its problems is admitted."""
        self.domains[domain].accepted += traces

    def count(self, asked: Asked, status: Status) -> None:
        """Counts a verdict, of this or an earlier run."""
        domain = self.domains[asked.problem.domain]
        if status == "unverifiable":
            asked.unverifiable += 1
            return
        for counts in (asked, domain):
            counts.judged += 1
            counts.correct += status == "correct"

    def longest_first(self) -> None:
        """From now on, asks for the longest expected samples first, so that the tail is short.

        Looks at every open problem at each step: for the end, when few are left.
        """
        self._longest_first = True

    def expected_s(self, asked: Asked, now: float) -> float:
        """How long the problem's next sample is expected to take.

        The mean over its samples and, as one sample more, its domain's mean. A sample in flight
        counts with `_AGE_FACTOR` times its age: what has run for long will run for longer.
        """
        domain = self.domains[asked.problem.domain]
        mean = domain.seconds / domain.ended if domain.ended else 0.0
        in_flight = _AGE_FACTOR * sum(now - since for since in asked.running)
        return (asked.seconds + in_flight + mean) / (asked.ended + len(asked.running) + 1)

    def _longest(self, now: float) -> Asked | None:
        for asked in list(self._open.values()):
            if self.outcome_of(asked) is not None:
                self._replan(asked)
        due = [asked for asked in self._open.values() if self._may_ask(asked)]
        return min(due, key=lambda a: (self._doubt(a), -self.expected_s(a, now)), default=None)

    def _may_ask(self, asked: Asked) -> bool:
        if self.outcome_of(asked) is not None:
            return False  # it waits for samples in flight
        return not asked.pending or self._chance_of_need(asked) > self.settings.speculate_above

    def _doubt(self, asked: Asked) -> int:
        if not asked.used:
            return 0
        return 1 if not asked.pending or self._chance_of_need(asked) == 1.0 else 2

    def _replan(self, asked: Asked) -> None:
        asked.ticket += 1
        outcome = self.outcome_of(asked)
        if outcome is not None:
            if not asked.pending:
                self._close(asked, outcome)
        elif self._may_ask(asked) and not self._longest_first:
            heap = self._unsure if asked.pending else self._ready
            urgency = (len(asked.used), asked.pending, asked.order)
            heapq.heappush(heap, (urgency, asked.ticket, asked))

    def _close(self, asked: Asked, outcome: OutcomeName) -> None:
        if asked.outcome is None:
            asked.outcome = outcome
            self.outcomes[outcome] += 1
            self.active -= 1
            del self._open[asked.problem.problem_id]
            self._on_close(asked)

    def outcome_of(self, asked: Asked) -> OutcomeName | None:
        """What became of the problem if nothing more is asked; None when more is wanted."""
        settings = self.settings
        domain = asked.problem.domain
        if self.domains[domain].accepted >= settings.quotas.get(domain, math.inf):
            return "quota"
        spent = len(asked.used) >= settings.max_samples
        enough = self._enough(asked)
        if enough and (settings.until_correct or spent):
            return enough
        if spent:
            return "exhausted"
        hopeless = settings.until_correct and settings.hopeless_below > 0
        if hopeless and self._chance_of_success(asked) < settings.hopeless_below:
            return "hopeless"
        return None

    def _enough(self, asked: Asked) -> OutcomeName | None:
        if asked.correct >= self.settings.wanted_correct:
            return "accepted"
        if asked.unverifiable >= self.settings.wanted_correct:
            return "unverifiable"
        return None

    def _posterior(self, asked: Asked) -> tuple[float, float]:
        mean = self.domains[asked.problem.domain].pass_rate
        wrong = asked.judged - asked.correct
        return _PRIOR_WEIGHT * mean + asked.correct, _PRIOR_WEIGHT * (1 - mean) + wrong

    def _chance_of_success(self, asked: Asked) -> float:
        left = self.settings.max_samples - len(asked.used) + asked.pending
        wanted = self.settings.wanted_correct - asked.correct
        return 1 - chance_of_fewer(wanted, left, *self._posterior(asked))

    def _chance_of_need(self, asked: Asked) -> float:
        if not self.settings.until_correct:
            return 1.0
        wanted = self.settings.wanted_correct - asked.correct - asked.unverifiable
        if not asked.problem.verifier:
            return float(wanted > asked.pending)
        return chance_of_fewer(wanted, asked.pending, *self._posterior(asked))


def chance_of_fewer(wanted: int, samples: int, alpha: float, beta: float) -> float:
    """Probability that a Beta-binomial(samples, alpha, beta) is below `wanted`."""
    total = 0.0
    for hits in range(min(wanted, samples + 1)):
        total += math.exp(
            math.log(math.comb(samples, hits))
            + _log_beta(alpha + hits, beta + samples - hits)
            - _log_beta(alpha, beta)
        )
    return min(total, 1.0)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
