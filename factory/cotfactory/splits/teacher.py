"""Has the teacher write what stitched journeys are to hold in its words, and keeps what passes."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cotfactory.engines import Completion, EngineError, EngineLost, Request, make_engine
from cotfactory.errors import CotfactoryError, UsageError
from cotfactory.splits.materialise import Progress, placed_groups
from cotfactory.splits.place import Placed
from cotfactory.splits.teacher_reflection import WantedReflection, wanted_reflections
from cotfactory.splits.teacher_smoothing import WantedSmoothing, smoothed, wanted_smoothings
from cotfactory.splits.written import Written, WrittenTexts
from cotfactory.store.run import RunWriter
from cotfactory_filters import layout
from cotfactory_filters.verify.pool import VerifierPool
from cotfactory_schemas import JourneySettings, Message, Teacher
from cotfactory_schemas.ids import content_id, sample_seed

Ask = Callable[[tuple[Message, ...], int], Coroutine[Any, Any, str]]
"""Asks the teacher within so many tokens and returns its text; an empty one when it gives none."""

Wanted = WantedReflection | WantedSmoothing


@dataclass(frozen=True)
class WrittenSummary:
    """How many texts of each kind were asked for, and how many were refused, by reason."""

    asked: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def facts(self) -> dict[str, object]:
        """The same as plain JSON, for the manifest."""
        return {"asked": dict(self.asked), "refused": dict(self.refused)}


def rewrite(run: RunWriter, progress: Progress | None = None) -> WrittenSummary:
    """Has the recipe's engine write what `splits.journey.reflect` and `.smooth` want.

    The engine is not started when nothing is missing.

    Raises:
        UsageError: the recipe has no teacher.
        CotfactoryError: a trace has no decision yet, or the engine was lost.
    """
    journey = run.recipe.splits.journey
    if not wants_teacher(journey):
        return WrittenSummary()
    if run.recipe.teacher is None:
        raise UsageError(
            f"{run.path / 'recipe.yaml'}: splits.journey.reflect: engine and splits.journey.smooth "
            "need a teacher to ask. Give one, or set them to: phrases, false"
        )
    if not _any_missing(run):
        return WrittenSummary()
    summary = asyncio.run(_ask_engine(run, run.recipe.teacher, progress))
    run.record("rewrite", summary.facts())
    return summary


def wants_teacher(journey: JourneySettings) -> bool:
    """Whether the teacher writes any of the stitched journeys."""
    return journey.stitched and (journey.reflect == "engine" or journey.smooth)


def _any_missing(run: RunWriter) -> bool:
    journey, written = run.recipe.splits.journey, WrittenTexts(run.path)
    with placed_groups(run) as chunks:
        return any(
            wanted.key not in written
            for chunk in chunks
            for wanted in (
                *(wanted_reflections(chunk) if journey.reflect == "engine" else ()),
                *(wanted_smoothings(chunk, written) if journey.smooth else ()),
            )
        )


async def _ask_engine(
    run: RunWriter, teacher: Teacher, progress: Progress | None
) -> WrittenSummary:
    try:
        async with make_engine(run.recipe.engine, teacher) as engine:
            ask = asker(engine.sample, teacher, run.recipe.seed)
            return await write(run, ask, engine.concurrency, progress)
    except EngineLost as error:
        raise CotfactoryError(
            f"{run.path}: the engine was lost while it wrote journeys ({error}). "
            "What it wrote is kept; run the same command again"
        ) from error


async def write(
    run: RunWriter, ask: Ask, in_flight: int = 16, progress: Progress | None = None
) -> WrittenSummary:
    """Asks for every text that is not there yet, and saves what came of it after each chunk.

    Reflections come first: a draft is written out with the reflections that were taken.

    Raises:
        CotfactoryError: a trace has no decision yet.
    """
    summary, known = WrittenSummary(), WrittenTexts(run.path)
    journey = run.recipe.splits.journey
    with placed_groups(run) as chunks, VerifierPool(run.recipe.verify) as pool:
        writer = _Writer(ask, asyncio.Semaphore(in_flight), pool)
        for chunk in chunks:
            if journey.reflect == "engine":
                known.add(await writer.reflections(chunk, known, summary))
            if journey.smooth:
                known.add(await writer.smoothings(chunk, known, summary))
            if progress:
                progress("rewrite", summary.asked.total(), None)
    return summary


@dataclass(frozen=True)
class _Writer:
    """Asks for what one chunk of problems lacks."""

    ask: Ask
    slots: asyncio.Semaphore
    pool: VerifierPool

    async def reflections(
        self, chunk: list[Placed], known: Mapping[str, Written], summary: WrittenSummary
    ) -> dict[str, Written]:
        todo = [w for w in wanted_reflections(chunk) if w.key not in known]
        texts = await self._texts(todo)
        return _counted(summary, "reflection", {w.key: w.taken(texts[w.key]) for w in todo})

    async def smoothings(
        self, chunk: list[Placed], known: Mapping[str, Written], summary: WrittenSummary
    ) -> dict[str, Written]:
        todo = [w for w in wanted_smoothings(chunk, known) if w.key not in known]
        texts = await self._texts(todo)
        taken = smoothed(todo, texts, self.pool)
        keys = (w.key for w in todo)
        return _counted(summary, "smoothing", dict(zip(keys, taken, strict=True)))

    async def _texts(self, todo: Sequence[Wanted]) -> dict[str, str]:
        async def one(wanted: Wanted) -> tuple[str, str]:
            async with self.slots:
                return wanted.key, (await self.ask(wanted.messages, wanted.max_tokens)).strip()

        return dict(await asyncio.gather(*(one(wanted) for wanted in todo)))


def _counted(summary: WrittenSummary, kind: str, written: dict[str, Written]) -> dict[str, Written]:
    summary.asked[kind] += len(written)
    summary.refused.update(f"{kind}: {w.refused}" for w in written.values() if w.refused)
    return written


def asker(
    sample: Callable[[Request], Awaitable[Completion]], teacher: Teacher, seed: int = 0
) -> Ask:
    """Returns an Ask for the `sample` of a running engine; what it refuses is an empty text."""

    async def ask(messages: tuple[Message, ...], max_tokens: int) -> str:
        key = content_id("rewrite", [m.model_dump() for m in messages])
        request = Request(
            trace_id=key,
            messages=messages,
            prefill="",
            sampling=teacher.sampling,
            max_tokens=max_tokens,
            seed=sample_seed(key, seed),
        )
        try:
            completion = await sample(request)
        except EngineError:
            return ""
        cut_off = completion.finish_reason == "length"
        return "" if cut_off else layout.read(completion.text).response

    return ask
