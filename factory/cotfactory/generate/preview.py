"""`generate --dry-run`: what would be asked, without an engine and without writing."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from cotfactory import sources
from cotfactory.errors import UsageError
from cotfactory.generate import prompts
from cotfactory.generate.history import History
from cotfactory.generate.plan import Asked, Plan
from cotfactory.generate.samples import Sampler
from cotfactory.store.run import Run
from cotfactory_schemas import Message, Recipe

SHOWN_PROMPTS = 2


@dataclass
class Preview:
    """What `generate` would do. Samples and tokens are bounds: verdicts decide how many it is.

    `tokens_at_most` counts every sample at its token limit.
    """

    teacher: str
    problems: Counter[str] = field(default_factory=Counter)
    known_problems: int = 0
    samples_at_least: int = 0
    samples_at_most: int = 0
    tokens_at_most: int = 0
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
                f"at most {self.tokens_at_most:,} tokens",
                *(f"row skipped: {fault}" for fault in self.row_faults),
            ]
        )


def preview(recipe: Recipe, out: Path) -> Preview:
    """Reads the problems and what the run at `out`, if any, has of them.

    Raises:
        UsageError: the recipe cannot generate, or a source cannot be read.
    """
    if recipe.teacher is None or not recipe.problems:
        raise UsageError(f"recipe {recipe.name}: `teacher` and `problems` are needed to generate")
    sampler = Sampler(recipe.teacher, recipe.engine.kind, recipe.seed)
    run = Run.read(out) if (out / "recipe.yaml").exists() else None
    history = History(run, sampler, recipe.generate) if run else None
    plan = Plan(recipe.generate)
    made = Preview(recipe.teacher.fingerprint)
    for problem in sources.problems(recipe.problems):
        if isinstance(problem, sources.RowFault):
            made.row_faults.append(str(problem))
            continue
        if len(made.prompts) < SHOWN_PROMPTS:
            chat = prompts.render(recipe.teacher, problem)
            prefill = prompts.prefill(recipe.teacher, problem)
            made.prompts.append(_shown(chat, prefill))
        asked = history.recall(problem, 0, plan) if history else Asked(problem, 0)
        _count(asked, plan, made)
        made.known_problems += history is not None and problem.problem_id in history.known_problems
    made.tokens_at_most = made.samples_at_most * recipe.teacher.sampling.max_tokens
    return made


def _count(asked: Asked, plan: Plan, made: Preview) -> None:
    made.problems[asked.problem.domain] += 1
    if plan.outcome_of(asked) is not None:
        return
    settings = plan.settings
    left = max(settings.max_samples - len(asked.used), 0)
    got = asked.correct + asked.unverifiable
    wanted = min(settings.wanted_correct - got, left) if settings.until_correct else left
    made.samples_at_least += max(wanted, 0)
    made.samples_at_most += left if asked.problem.verifier else max(wanted, 0)


def _shown(chat: tuple[Message, ...], prefill: str) -> str:
    turns = [f"[{message.role}]\n{message.content}" for message in chat]
    return "\n".join([*turns, f"[assistant]\n{prefill}…"])
