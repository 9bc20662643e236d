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

_PRIOR_WEIGHT = 1.0


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
    tokens: int = 0
    finished: int = 0
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
    tokens: int = 0
    finished: int = 0

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
        self._ready: list[tuple[tuple[float, ...], int, Asked]] = []
        self._unsure: list[tuple[tuple[float, ...], int, Asked]] = []
        self._open: dict[str, Asked] = {}

    def admit(self, asked: Asked) -> None:
        """Adds a problem, with what earlier runs asked of it already counted in `asked`."""
        self.active += 1
        self._open[asked.problem.problem_id] = asked
        self._replan(asked)

    def next(self) -> tuple[Asked, int] | None:
        """Takes the next sample to ask for, as (problem, sample index); None when none is due."""
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

    def finished(self, asked: Asked, tokens: int) -> None:
        """Counts a sample's length, in tokens."""
        domain = self.domains[asked.problem.domain]
        for counts in (asked, domain):
            counts.tokens += tokens
            counts.finished += 1

    def judged(self, asked: Asked, status: Status) -> None:
        """Counts the verdict of a sample that was pending."""
        asked.pending -= 1
        self.count(asked, status)
        self._replan(asked)

    def count(self, asked: Asked, status: Status) -> None:
        """Counts a verdict, of this or an earlier run."""
        domain = self.domains[asked.problem.domain]
        if status == "unverifiable":
            asked.unverifiable += 1
            domain.accepted += 1
            return
        for counts in (asked, domain):
            counts.judged += 1
            counts.correct += status == "correct"
        domain.accepted += status == "correct"

    def longest_first(self) -> None:
        """From now on, asks for the longest expected samples first, so that the tail is short."""
        if self._longest_first:
            return
        self._longest_first = True
        for asked in list(self._open.values()):
            self._replan(asked)

    def expected_tokens(self, asked: Asked) -> float:
        """Mean length of the problem's finished samples, drawn to its domain's mean."""
        domain = self.domains[asked.problem.domain]
        mean = domain.tokens / domain.finished if domain.finished else 0.0
        return (asked.tokens + mean) / (asked.finished + 1)

    def _replan(self, asked: Asked) -> None:
        asked.ticket += 1
        outcome = self.outcome_of(asked)
        if outcome is not None:
            if not asked.pending:
                self._close(asked, outcome)
            return
        if asked.pending and self._chance_of_need(asked) <= self.settings.speculate_above:
            return
        heap = self._unsure if asked.pending else self._ready
        heapq.heappush(heap, (self._urgency(asked), asked.ticket, asked))

    def _urgency(self, asked: Asked) -> tuple[float, ...]:
        if self._longest_first:
            return (bool(asked.used), -self.expected_tokens(asked), asked.order)
        return (len(asked.used), asked.pending, asked.order)

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
