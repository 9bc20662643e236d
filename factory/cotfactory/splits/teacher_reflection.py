"""Has the teacher write the reflections of stitched journeys, and keeps those that hold."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cotfactory.engines import Completion, EngineError, EngineLost, Request, make_engine
from cotfactory.errors import CotfactoryError, UsageError
from cotfactory.splits.materialise import Progress, placed_groups
from cotfactory.splits.place import Placed
from cotfactory.splits.smoothing import lost_steps, objection
from cotfactory.splits.stitched import Draft, drafts, stitch
from cotfactory.splits.written import read_written, save_written
from cotfactory.store.run import RunWriter
from cotfactory_filters import layout
from cotfactory_filters.verify.pool import VerifierPool
from cotfactory_schemas import Message, Teacher, Trace
from cotfactory_schemas.ids import content_id, sample_seed

MAX_TOKENS = 1024  # a reflection is short; a thought before it need not be
TAIL_CHARS = 2000  # how much of a wrong attempt the teacher is shown

Ask = Callable[[tuple[Message, ...]], Coroutine[Any, Any, str]]
"""Asks the teacher and returns its text; an empty one when it gives none."""

_TASK = """\
Problem:
{problem}

The end of an attempt at it:
{attempt}

The attempt is wrong. What is known of it: {fact}

Write, in the language with the ISO code "{language}", one to three sentences that the author of \
the attempt thinks on noticing this: what fails, named as exactly as you can, and that they turn \
back. Do not solve the problem, do not give its right answer, and write nothing but these \
sentences.\
"""


@dataclass(frozen=True)
class WrittenSummary:
    """How many reflections were asked for, and why those that were refused were."""

    asked: int
    refused: Mapping[str, int]

    @property
    def accepted(self) -> int:
        """How many will stand in journeys."""
        return self.asked - sum(self.refused.values())


def reflect(run: RunWriter, progress: Progress | None = None) -> WrittenSummary:
    """Has the recipe's engine write what `splits.journey.reflect: engine` wants; else nothing.

    The engine is not started when no reflection is missing.

    Raises:
        UsageError: the recipe has no teacher.
        CotfactoryError: a trace has no decision yet, or the engine was lost.
    """
    if run.recipe.splits.journey.reflect != "engine":
        return WrittenSummary(0, {})
    if run.recipe.teacher is None:
        raise UsageError(
            f"{run.path / 'recipe.yaml'}: splits.journey.reflect: engine needs a teacher to ask. "
            "Give one, or set it to: phrases"
        )
    if not _any_missing(run):
        return WrittenSummary(0, {})
    return asyncio.run(_ask_engine(run, run.recipe.teacher, progress))


def _any_missing(run: RunWriter) -> bool:
    written = read_written(run)
    with placed_groups(run) as chunks:
        return any(wanted.key not in written for chunk in chunks for wanted in _wanted(chunk))


async def _ask_engine(
    run: RunWriter, teacher: Teacher, progress: Progress | None
) -> WrittenSummary:
    try:
        async with make_engine(run.recipe.engine, teacher) as engine:
            ask = asker(engine.sample, teacher, run.recipe.seed)
            return await write_reflections(run, ask, engine.concurrency, progress)
    except EngineLost as error:
        raise CotfactoryError(
            f"{run.path}: the engine was lost while it wrote reflections ({error}). "
            "What it wrote is kept; run the same command again"
        ) from error


async def write_reflections(
    run: RunWriter, ask: Ask, in_flight: int = 16, progress: Progress | None = None
) -> WrittenSummary:
    """Asks for every reflection that is not there yet, and saves what passes the checks.

    What is saved after each chunk of problems is not asked for again; `materialise` uses it when
    the recipe says `splits.journey.reflect: engine`.

    Raises:
        CotfactoryError: a trace has no decision yet.
    """
    slots = asyncio.Semaphore(in_flight)
    written, refused, asked = read_written(run), Counter[str](), 0

    async def one(wanted: _Wanted) -> tuple[str, str]:
        async with slots:
            return wanted.key, (await ask(wanted.messages())).strip()

    with placed_groups(run) as chunks, VerifierPool(run.recipe.verify) as pool:
        for chunk in chunks:
            todo = [w for w in _wanted(chunk) if w.key not in written]
            texts = dict(await asyncio.gather(*(one(wanted) for wanted in todo)))
            for wanted, reason in zip(todo, _reasons(todo, texts, pool), strict=True):
                written[wanted.key] = "" if reason else texts[wanted.key]
                refused.update([reason] if reason else [])
            asked += len(todo)
            save_written(run, written)
            if progress:
                progress("reflect", asked, None)
    return WrittenSummary(asked, dict(refused))


def asker(
    sample: Callable[[Request], Awaitable[Completion]], teacher: Teacher, seed: int = 0
) -> Ask:
    """Returns an Ask for the `sample` of a running engine; what it refuses is an empty text."""

    async def ask(messages: tuple[Message, ...]) -> str:
        key = content_id("reflection", [m.model_dump() for m in messages])
        request = Request(
            trace_id=key,
            messages=messages,
            prefill="",
            sampling=teacher.sampling,
            max_tokens=MAX_TOKENS,
            seed=sample_seed(key, seed),
        )
        try:
            completion = await sample(request)
        except EngineError:
            return ""
        return layout.read(completion.text).response

    return ask


@dataclass(frozen=True)
class _Wanted:
    """The reflection on one attempt of a draft."""

    placed: Placed
    draft: Draft
    place: int

    @property
    def key(self) -> str:
        return self.draft.key(self.place)

    def messages(self) -> tuple[Message, ...]:
        attempt, problem = self.draft.wrong[self.place], self.placed.group.problem
        fact = attempt.reflection(self.placed.recipe.seed, self.draft.tried_before(self.place))
        task = _TASK.format(
            problem=problem.prompt,
            attempt=attempt.text[-TAIL_CHARS:],
            fact=fact,
            language=problem.language,
        )
        return (Message(role="user", content=task),)


def _wanted(chunk: Iterable[Placed]) -> Iterator[_Wanted]:
    for placed in chunk:
        for draft in drafts(placed):
            for place in range(len(draft.wrong)):
                yield _Wanted(placed, draft, place)


def _reasons(
    todo: Sequence[_Wanted], texts: Mapping[str, str], pool: VerifierPool
) -> list[str | None]:
    """Why each text is refused: by what it says, by what it does to the row, by the verdict."""
    reasons = [objection(texts[w.key], w.draft, w.place) for w in todo]
    smoothed = [_smoothed(w, texts) if not r else None for w, r in zip(todo, reasons, strict=True)]
    rows = [(w, row) for w, row in zip(todo, smoothed, strict=True) if row]
    verdicts = iter(list(pool.verify_all((w.placed.group.problem, row) for w, row in rows)))
    for at, row in enumerate(smoothed):
        if row is None:
            reasons[at] = reasons[at] or "steps_lost"
        elif next(verdicts).status != "correct":
            reasons[at] = "verdict_lost"
    return reasons


def _smoothed(wanted: _Wanted, texts: Mapping[str, str]) -> Trace | None:
    """The journey with the teacher's text in it as a trace to be judged; None if a step is lost."""
    ours = stitch(replace(wanted.placed, written={}), wanted.draft)
    written = {wanted.key: texts[wanted.key]}
    theirs = stitch(replace(wanted.placed, written=written), wanted.draft)
    if ours is None or theirs is None or lost_steps(ours, theirs):
        return None
    return wanted.draft.right.trace.model_copy(
        update={
            "trace_id": theirs.trace_id,
            "raw": theirs.messages[-1].content,
            "reasoning": theirs.reasoning,
            "response": theirs.response,
        }
    )
