"""The station `verify`: judges what has no verdict that its verifier would give today."""

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from cotfactory.store.read import restore_raw, scan
from cotfactory.store.run import Run, RunWriter
from cotfactory_filters.verify.identity import NO_SANDBOX, Identity
from cotfactory_filters.verify.judge import NAME as JUDGE
from cotfactory_filters.verify.majority import NAME as MAJORITY
from cotfactory_filters.verify.pool import VerifierPool
from cotfactory_schemas import Problem, Trace, Verdict, tables

SECOND = (MAJORITY, JUDGE)
"""Who speaks after the verifiers, in this order, and not in their place."""

GROUP_ROWS = 256
BATCH_ROWS = 1024
_IDENTITY = ("verifier", "judge", "version", "settings", "status", "method")


def verify(run: RunWriter, progress: Callable[[str, int, int | None], None]) -> int:
    """Judges the traces that lack a current verdict; returns how many that were.

    A verdict is current when the problem's verifier gave it in the version that is installed and
    with the settings of the recipe. Failures of the engine keep the verdict that says so.
    """
    due = _due(run)
    if due.is_empty():
        return 0
    judged = 0
    unheld = set(due.filter(pl.col("method") == NO_SANDBOX).get_column("trace_id"))
    with VerifierPool(run.recipe.verify) as pool:
        verdicts = pool.verify_all(pairs(run, due))
        while group := list(itertools.islice(verdicts, GROUP_ROWS)):
            run.append(v for v in group if v.method != NO_SANDBOX or v.trace_id not in unheld)
            judged += len(group)
            progress("verify", judged, len(due))
    run.roll()
    return judged


def newest(run: Run, *, without: tuple[str, ...] = ()) -> pl.LazyFrame:
    """Returns the newest verdict of each trace, as if those of `without` had not spoken."""
    verdicts = scan(run, "verdicts").filter(~pl.col("verifier").is_in(without))
    return verdicts.unique("trace_id", keep="last", maintain_order=True)


def take_back(run: RunWriter, name: str, above: tuple[str, ...], speaks_for: pl.DataFrame) -> None:
    """Lets former verdicts stand again where `name` spoke and has no say any more.

    `speaks_for` (trace_id) is where it has: recipe or traces may have changed since. `above` are
    those who speak after it.
    """
    stand = newest(run, without=above).filter(pl.col("verifier") == name).select("trace_id")
    silenced = stand.join(speaks_for.lazy(), on="trace_id", how="anti")
    former = newest(run, without=(*above, name)).join(silenced, on="trace_id", how="semi").collect()
    restate(run, former)


def restate(run: RunWriter, verdicts: pl.DataFrame) -> None:
    """Makes rows of the verdicts table the newest of their traces."""
    for rows in verdicts.iter_slices(BATCH_ROWS):
        run.append(tables.from_row(Verdict, row) for row in rows.iter_rows(named=True))
    if len(verdicts):
        run.roll()


def _due(run: Run) -> pl.DataFrame:
    """Returns trace_id, problem_id and the method of the former verdict, if there is one."""
    problems = scan(run, "problems").select("problem_id", "verifier")
    problems = problems.unique("problem_id", keep="last", maintain_order=True)
    verdicts = newest(run, without=SECOND).select(
        "trace_id", "status", "version", "settings", "method", judge="verifier"
    )
    traces = scan(run, "traces").select("trace_id", "problem_id", "finish_reason")
    joined = (
        traces.join(problems, on="problem_id")
        .join(verdicts, on="trace_id", how="left")
        .filter(pl.col("status").is_null() | (pl.col("finish_reason") != "error"))
        .collect()
    )
    kinds = joined.select(_IDENTITY).unique()
    of = {name: Identity.of(name, run.recipe.verify) for name in kinds["verifier"].unique()}
    stale = [not _stands(of[row["verifier"]], row) for row in kinds.iter_rows(named=True)]
    return joined.join(
        kinds.filter(pl.Series(stale, dtype=pl.Boolean)), on=_IDENTITY, how="semi", nulls_equal=True
    ).select("trace_id", "problem_id", "method")


def _stands(today: Identity, row: Mapping[str, Any]) -> bool:
    if row["judge"] != row["verifier"]:
        return False
    recorded = json.loads(row["settings"] or "{}")
    return today.stands(row["status"], row["method"], row["version"], recorded)


def pairs(run: Run, due: pl.DataFrame) -> Iterator[tuple[Problem, Trace]]:
    """Yields the traces that `due` names (trace_id, problem_id) with their problems, by part."""
    for part in run.parts("traces"):
        for batch in _batches(part, due):
            problems = problems_of(run, batch.get_column("problem_id"))
            for row in batch.iter_rows(named=True):
                trace = tables.from_row(Trace, row)
                yield problems[trace.problem_id], trace


def _batches(part: Path, due: pl.DataFrame) -> Iterator[pl.DataFrame]:
    wanted = due.lazy().select("trace_id")
    rows = restore_raw(pl.scan_parquet(part)).join(wanted, on="trace_id", how="semi")
    yield from rows.collect().iter_slices(BATCH_ROWS)


def problems_of(run: Run, wanted: pl.Series) -> dict[str, Problem]:
    """Returns the problems with these ids, by id."""
    ids = wanted.unique().to_frame("problem_id").lazy()
    rows = scan(run, "problems").join(ids, on="problem_id", how="semi").collect()
    return {row["problem_id"]: tables.from_row(Problem, row) for row in rows.iter_rows(named=True)}
