"""`generate --dry-run`: what would be asked, without an engine and without writing."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cotfactory import sources
from cotfactory.errors import UsageError
from cotfactory.generate import prompts
from cotfactory.generate.history import History
from cotfactory.generate.journeys import journeys
from cotfactory.generate.limits import Limits
from cotfactory.generate.plan import Asked, Plan
from cotfactory.generate.samples import Sampler
from cotfactory.store.run import Run
from cotfactory_schemas import Domain, Message, Problem, Recipe, Teacher

SHOWN_PROMPTS = 2
SHOWN_FAULTS = 10


@dataclass
class Preview:
    """What `generate` would do. Samples and tokens are bounds: verdicts decide how many it is.

    `cut_samples` are answers that the run has and that would be gone on with, `journeys_at_most`
    wrong thoughts that may be handed back. `tokens_at_most` counts each of all these at the highest
    token limit that it may reach. `row_faults` are the first of `skipped_rows`.
    """

    teacher: str
    problems: Counter[str] = field(default_factory=Counter)
    known_problems: int = 0
    samples_at_least: int = 0
    samples_at_most: int = 0
    cut_samples: int = 0
    journeys_at_most: int = 0
    tokens_at_most: int = 0
    skipped_rows: int = 0
    row_faults: list[str] = field(default_factory=list)
    prompts: list[str] = field(default_factory=list)

    def text(self) -> str:
        """The preview for people."""
        domains = ", ".join(f"{name} {n}" for name, n in sorted(self.problems.items()))
        return "\n".join(
            [
                *(f"--- prompt {n} ---\n{shown}" for n, shown in enumerate(self.prompts, 1)),
                "--- plan ---",
                f"teacher fingerprint {self.teacher}",
                f"{sum(self.problems.values())} problems ({domains}), {self.known_problems} known",
                f"{self.samples_at_least} to {self.samples_at_most} samples to ask for",
                *self._continuations(),
                f"at most {self.tokens_at_most:,} tokens",
                *(f"row skipped: {fault}" for fault in self.row_faults),
                *self._more_faults(),
            ]
        )

    def _continuations(self) -> Iterator[str]:
        if self.cut_samples:
            yield f"{self.cut_samples} answers that were cut to go on with"
        if self.journeys_at_most:
            yield f"at most {self.journeys_at_most} wrong thoughts to hand back"

    def _more_faults(self) -> Iterator[str]:
        more = self.skipped_rows - len(self.row_faults)
        if more:
            yield f"and {more} more rows skipped"


def preview(recipe: Recipe, out: Path, limits: Limits | None = None) -> Preview:
    """Reads the problems within `limits` and what the run at `out`, if any, has of them.

    Raises:
        UsageError: the recipe cannot generate, or a source cannot be read.
    """
    if recipe.teacher is None or not recipe.problems:
        raise UsageError(f"recipe {recipe.name}: `teacher` and `problems` are needed to generate")
    looking = _Looking(recipe, recipe.teacher, out)
    within = limits or Limits()
    for problem in sources.problems(recipe.problems):
        if isinstance(problem, sources.RowFault):
            looking.fault(problem)
        elif within.includes(problem.problem_id):
            looking.problem(problem)
    return looking.made()


class _Looking:
    """Goes through the problems as generating would. Samples are counted by domain."""

    def __init__(self, recipe: Recipe, teacher: Teacher, out: Path) -> None:
        self._settings = recipe.generate
        self._sampler = Sampler(teacher, recipe.engine.kind, recipe.seed)
        self._run = Run(out, recipe) if (out / "recipe.yaml").exists() else None
        self._plan = Plan(recipe.generate)
        self._history: History | None = None
        if self._run is not None:
            self._history = History(self._run, self._sampler, recipe.generate)
            for domain, traces in self._history.accepted.items():
                self._plan.had_accepted(domain, traces)
        self._least: Counter[Domain] = Counter()
        self._made = Preview(teacher.fingerprint)

    def fault(self, fault: sources.RowFault) -> None:
        self._made.skipped_rows += 1
        if len(self._made.row_faults) < SHOWN_FAULTS:
            self._made.row_faults.append(str(fault))

    def problem(self, problem: Problem) -> None:
        made, teacher = self._made, self._sampler.teacher
        made.problems[problem.domain] += 1
        if len(made.prompts) < SHOWN_PROMPTS:
            chat, prefill = prompts.render(teacher, problem), prompts.prefill(teacher, problem)
            made.prompts.append(_shown(chat, prefill))
        asked = Asked(problem, 0)
        if self._history is not None:
            made.known_problems += problem.problem_id in self._history.known_problems
            asked = self._history.recall(problem, 0, self._plan)
        if self._plan.outcome_of(asked) is None:
            self._count(asked)

    def _count(self, asked: Asked) -> None:
        settings = self._settings
        left = max(settings.max_samples - len(asked.used), 0)
        got = asked.correct + asked.unverifiable
        wanted = min(settings.wanted_correct - got, left) if settings.until_correct else left
        sure = wanted - asked.pending if settings.until_correct else wanted
        self._least[asked.problem.domain] += max(sure, 0)
        self._made.samples_at_most += left if asked.problem.verifier else max(wanted, 0)
        if asked.problem.verifier:
            other_samples = settings.max_samples - 1  # one of them has to be right
            self._made.journeys_at_most += min(settings.journeys_per_problem, other_samples)

    def made(self) -> Preview:
        made = self._made
        for domain, least in self._least.items():
            counts = self._plan.domains[domain]
            quota = self._settings.quotas.get(domain)
            made.samples_at_least += least if quota is None else min(least, quota - counts.accepted)
        limits = (self._sampler.teacher.sampling.max_tokens, *self._settings.continue_truncated)
        highest = max(limits)
        for sample in self._history.leftovers() if self._history else ():
            made.cut_samples += 1
            made.tokens_at_most += highest - sample.spent
        if self._run is not None:
            made.journeys_at_most += sum(1 for _ in journeys(self._run, self._sampler))
        made.tokens_at_most += (made.samples_at_most + made.journeys_at_most) * highest
        return made


def _shown(chat: tuple[Message, ...], prefill: str) -> str:
    turns = [f"[{message.role}]\n{message.content}" for message in chat]
    return "\n".join([*turns, f"[assistant]\n{prefill}…"])
