"""The station `verify`: judges what has no verdict of the verifier that would judge it today."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl

from cotfactory.store.read import restore_raw, scan
from cotfactory.store.run import Run, RunWriter
from cotfactory_filters.verify import verifier_version
from cotfactory_filters.verify.judge import NAME as JUDGE
from cotfactory_filters.verify.pool import VerifierPool
from cotfactory_schemas import Problem, Trace, tables

GROUP_ROWS = 256
BATCH_ROWS = 1024


def verify(run: RunWriter, progress: Callable[[str, int, int | None], None]) -> int:
    """Judges the traces that lack a current verdict; returns how many that were.

    A verdict is current when the problem's verifier gave it in the version that is installed.
    Failures of the engine keep the verdict that says so.
    """
    due = _due(run)
    if due.is_empty():
        return 0
    judged = 0
    with VerifierPool(run.recipe.verify) as pool:
        verdicts = pool.verify_all(pairs(run, due))
        while group := list(itertools.islice(verdicts, GROUP_ROWS)):
            run.append(group)
            judged += len(group)
            progress("verify", judged, len(due))
    run.roll()
    return judged


def _due(run: Run) -> pl.DataFrame:
    problems = scan(run, "problems").select("problem_id", "verifier").unique()
    verdicts = (
        scan(run, "verdicts")
        .filter(pl.col("verifier") != JUDGE)  # it speaks after the rules, not in their place
        .select("trace_id", "status", judge="verifier", version="version")
        .unique("trace_id", keep="last", maintain_order=True)
    )
    traces = scan(run, "traces").select("trace_id", "problem_id", "finish_reason")
    joined = (
        traces.join(problems, on="problem_id")
        .join(verdicts, on="trace_id", how="left")
        .filter(pl.col("status").is_null() | (pl.col("finish_reason") != "error"))
        .collect()
    )
    names = joined.get_column("verifier").unique().to_list()
    current = {name: _version(name) for name in names}
    return joined.filter(
        pl.col("judge").is_null()
        | (pl.col("judge") != pl.col("verifier"))
        | (pl.col("version") != pl.col("verifier").replace_strict(current, default=0))
    ).select("trace_id", "problem_id")


def _version(name: str) -> int:
    try:
        return verifier_version(name)
    except ValueError:
        return 0


def pairs(run: Run, due: pl.DataFrame) -> Iterator[tuple[Problem, Trace]]:
    """Yields the traces that `due` names (trace_id, problem_id) with their problems, by part."""
    for part in run.parts("traces"):
        for batch in _batches(part, due):
            problems = _problems(run, batch.get_column("problem_id"))
            for row in batch.iter_rows(named=True):
                trace = tables.from_row(Trace, row)
                yield problems[trace.problem_id], trace


def _batches(part: Path, due: pl.DataFrame) -> Iterator[pl.DataFrame]:
    wanted = due.lazy().select("trace_id")
    rows = restore_raw(pl.scan_parquet(part)).join(wanted, on="trace_id", how="semi")
    yield from rows.collect().iter_slices(BATCH_ROWS)


def _problems(run: Run, wanted: pl.Series) -> dict[str, Problem]:
    ids = wanted.unique().to_frame().lazy()
    rows = scan(run, "problems").join(ids, on="problem_id", how="semi").collect()
    return {row["problem_id"]: tables.from_row(Problem, row) for row in rows.iter_rows(named=True)}
