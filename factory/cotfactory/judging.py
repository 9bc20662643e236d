"""The station `judge`: a model's second opinion on what the verifiers could not settle."""

import asyncio
import itertools
from collections.abc import Callable, Iterator

import polars as pl

from cotfactory.engines import Engine, EngineError, Request, make_engine
from cotfactory.store.read import scan
from cotfactory.store.run import Run, RunWriter
from cotfactory.verdicts import pairs
from cotfactory_filters.layout import read
from cotfactory_filters.verify.judge import (
    NAME,
    Opinion,
    judge_messages,
    judged,
    prompt_hash,
    read_opinion,
)
from cotfactory_schemas import Message, Problem, Trace, Verdict, ids
from cotfactory_schemas.recipe import JudgeSettings


def judge(run: RunWriter, progress: Callable[[str, int, int | None], None]) -> int:
    """Asks the recipe's judge about the traces it has not judged; returns how many that were.

    Verdicts are durable group by group: a session that ends early is gone on with.

    Raises:
        CotfactoryError: the judge's engine cannot be started.
    """
    settings = run.recipe.verify.judge
    if settings is None:
        return 0
    due = _due(run, settings)
    if not due.is_empty():
        asyncio.run(_judge(run, settings, due, progress))
        run.roll()
    return len(due)


def _due(run: Run, settings: JudgeSettings) -> pl.DataFrame:
    latest = scan(run, "verdicts").unique("trace_id", keep="last", maintain_order=True)
    unsettled = latest.filter(pl.col("status").is_in(settings.when), pl.col("verifier") != NAME)
    traces = scan(run, "traces").filter(pl.col("finish_reason") != "error")
    referenced = scan(run, "problems").filter(pl.col("reference").is_not_null())
    return (
        traces.select("trace_id", "problem_id")
        .join(unsettled.select("trace_id"), on="trace_id", how="semi")
        .join(referenced.select("problem_id"), on="problem_id", how="semi")
        .collect()
    )


async def _judge(
    run: RunWriter,
    settings: JudgeSettings,
    due: pl.DataFrame,
    progress: Callable[[str, int, int | None], None],
) -> None:
    waiting: Iterator[tuple[Problem, Trace]] = pairs(run, due)
    done = 0
    async with make_engine(settings.engine, settings.teacher) as engine:
        while group := list(itertools.islice(waiting, 4 * engine.concurrency)):
            free = asyncio.Semaphore(engine.concurrency)
            asked = (_opinion(engine, settings, problem, trace, free) for problem, trace in group)
            verdicts = await asyncio.gather(*asked)
            await asyncio.to_thread(run.append, verdicts)
            done += len(group)
            progress("judge", done, len(due))


async def _opinion(
    engine: Engine,
    settings: JudgeSettings,
    problem: Problem,
    trace: Trace,
    free: asyncio.Semaphore,
) -> Verdict:
    opinion: Opinion | None = None
    async with free:
        for attempt in range(settings.attempts):
            opinion = await _ask(engine, settings, problem, trace, attempt)
            if opinion is not None:
                break
    return judged(trace, opinion, settings.teacher.model, settings.mode)


async def _ask(
    engine: Engine, settings: JudgeSettings, problem: Problem, trace: Trace, attempt: int
) -> Opinion | None:
    teacher = settings.teacher
    name = ids.content_id(trace.trace_id, prompt_hash(settings.mode), attempt)
    chat = judge_messages(problem, trace, settings.mode)
    request = Request(
        trace_id=name,
        messages=tuple(Message.model_validate(turn) for turn in chat),
        prefill=teacher.prefill,
        sampling=teacher.sampling,
        max_tokens=teacher.sampling.max_tokens,
        seed=ids.sample_seed(name, 0),
    )
    try:
        completion = await engine.sample(request)
    except EngineError:
        return None
    return read_opinion(read(teacher.prefill + completion.text).response)
