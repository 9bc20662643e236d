"""The station `judge`: a model's second opinion on what the verifiers could not settle."""

import asyncio
import itertools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl

from cotfactory.engines import Engine, EngineError, EngineLost, Request, make_engine
from cotfactory.errors import CotfactoryError
from cotfactory.store.read import scan
from cotfactory.store.run import Run, RunWriter
from cotfactory.verdicts import newest, pairs, restate, take_back
from cotfactory_filters.layout import read
from cotfactory_filters.verify.judge import NAME, VERSION, Judge, read_opinion
from cotfactory_schemas import Problem, Trace, Verdict, ids
from cotfactory_schemas.recipe import JudgeSettings


def judge(run: RunWriter, progress: Callable[[str, int, int | None], None]) -> int:
    """Asks the recipe's judge about the traces it has not judged; returns how many that were.

    What this judge said before holds after the verifiers spoke anew. Verdicts are durable group by
    group: a session that ends early is gone on with.

    Raises:
        CotfactoryError: the judge's engine cannot be started, or is lost on the way.
    """
    settings = run.recipe.verify.judge
    if settings is None:
        take_back(run, NAME, (), _NOBODY)
        return 0
    by = _by(settings)
    called = _called(run, settings, by)
    take_back(run, NAME, (), called)
    standing = newest(run).filter(_spoke(by)).select("trace_id")
    silent = called.lazy().join(standing, on="trace_id", how="anti")
    said = scan(run, "verdicts").filter(_spoke(by)).unique("trace_id", keep="last")
    restate(run, said.join(silent, on="trace_id", how="semi").collect())
    due = silent.join(said, on="trace_id", how="anti").collect()
    if not due.is_empty():
        asyncio.run(_judge(run, settings, by, due, progress))
        run.roll()
    return len(due)


_NOBODY = pl.DataFrame(schema={"trace_id": pl.String()})


def _by(settings: JudgeSettings) -> Judge:
    teacher = settings.teacher
    return Judge(teacher.model, teacher.fingerprint, settings.mode, settings.rubric)


def _spoke(by: Judge) -> pl.Expr:
    """Whether a verdict is this judge's; before verdicts had settings, `method` alone told."""
    recorded = pl.col("settings").fill_null("{}")
    return (
        (pl.col("verifier") == NAME)
        & (pl.col("version") == VERSION)
        & (pl.col("method") == by.method)
        & recorded.is_in(["{}", json.dumps(by.settings, sort_keys=True)])
    )


def _called(run: Run, settings: JudgeSettings, by: Judge) -> pl.DataFrame:
    """Returns trace_id and problem_id of all traces that the judge has the last word on."""
    unsettled = newest(run, without=(NAME,)).filter(pl.col("status").is_in(settings.statuses))
    traces = scan(run, "traces").filter(pl.col("finish_reason") != "error")
    return (
        traces.select("trace_id", "problem_id")
        .join(unsettled.select("trace_id"), on="trace_id", how="semi")
        .join(scan(run, "problems").filter(_has_standard(by)), on="problem_id", how="semi")
        .collect()
    )


def _has_standard(by: Judge) -> pl.Expr:
    """Whether there is something to hold an answer to a problem against."""
    if by.mode == "reference":
        return pl.col("reference").is_not_null()
    own = pl.col("checks").str.json_path_match("$.rubric").fill_null("")
    return pl.col("reference").is_null() & (pl.lit(bool(by.rubric)) | ~own.is_in(["", "[]"]))


async def _judge(
    run: RunWriter,
    settings: JudgeSettings,
    by: Judge,
    due: pl.DataFrame,
    progress: Callable[[str, int, int | None], None],
) -> None:
    waiting: Iterator[tuple[Problem, Trace]] = pairs(run, due)
    done = 0
    async with make_engine(settings.engine, settings.teacher) as engine:
        asking = _Asking(engine, settings, by)
        while group := list(itertools.islice(waiting, 4 * engine.concurrency)):
            free = asyncio.Semaphore(engine.concurrency)
            try:
                verdicts = await asyncio.gather(*(asking.verdict(*pair, free) for pair in group))
            except EngineLost as error:
                raise CotfactoryError(
                    f"verify.judge.engine: {error}. Start it and run the same command again: what "
                    "was judged is kept"
                ) from error
            await asyncio.to_thread(run.append, verdicts)
            done += len(group)
            progress("judge", done, len(due))


@dataclass(frozen=True)
class _Asking:
    """One judge at one engine."""

    engine: Engine
    settings: JudgeSettings
    by: Judge

    async def verdict(self, problem: Problem, trace: Trace, free: asyncio.Semaphore) -> Verdict:
        """Asks until the reply can be read, or the attempts are used up."""
        async with free:
            began, opinion, reply = time.monotonic(), None, ""
            for attempt in range(self.settings.attempts):
                reply = await self._reply(problem, trace, attempt, reply)
                opinion = read_opinion(reply)
                if opinion is not None:
                    break
            return self.by.verdict(trace, opinion, time.monotonic() - began)

    async def _reply(self, problem: Problem, trace: Trace, attempt: int, malformed: str) -> str:
        """Returns the judge's answer without its thought; empty when the engine gives none."""
        teacher = self.settings.teacher
        name = ids.content_id(trace.trace_id, self.by.prompt_hash, attempt)
        request = Request(
            trace_id=name,
            messages=tuple(self.by.messages(problem, trace, malformed)),
            prefill=teacher.prefill,
            sampling=teacher.sampling,
            max_tokens=teacher.sampling.max_tokens,
            seed=ids.sample_seed(name, 0),
        )
        try:
            completion = await self.engine.sample(request)
        except EngineError:
            return ""
        if completion.reasoning is not None:  # the server has parted thought and answer
            return completion.text
        return read(teacher.prefill + completion.text).response
