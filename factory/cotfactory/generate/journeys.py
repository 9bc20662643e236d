"""Hands wrong thoughts back to the teacher, each with a reflection, to be gone on with."""

from collections.abc import Iterator

import polars as pl

from cotfactory.generate.plan import Asked
from cotfactory.generate.samples import Sample, Sampler
from cotfactory.splits.continued import hand_back
from cotfactory.store.read import restore_raw, scan
from cotfactory.store.run import Run
from cotfactory_schemas import Problem, Trace, Verdict, tables


def journeys(run: Run, sampler: Sampler) -> Iterator[Sample]:
    """Yields a continuation for wrong traces of solved problems, which have a shortcut to pair.

    The first `journeys_per_problem` wrong traces of a problem, by sample, are taken; those that
    were handed back before are not again. Holds the text of one part at a time.
    """
    per_problem = run.recipe.generate.journeys_per_problem
    if not per_problem:
        return
    chosen = _chosen(run, sampler.teacher.fingerprint, per_problem)
    if chosen.is_empty():
        return
    for part in run.parts("traces"):
        wanted = chosen.lazy().select("trace_id")
        rows = restore_raw(pl.scan_parquet(part)).join(wanted, on="trace_id", how="semi").collect()
        yield from _handed_back(run, rows, sampler)


def _chosen(run: Run, teacher: str, per_problem: int) -> pl.DataFrame:
    latest = scan(run, "verdicts").unique("trace_id", keep="last", maintain_order=True)
    columns = ("trace_id", "problem_id", "sample", "continuation", "parent_id", "finish_reason")
    traces = scan(run, "traces").filter(pl.col("teacher") == teacher).select(columns)
    judged = traces.join(latest.select("trace_id", "status"), on="trace_id").collect()
    solved = judged.filter(pl.col("status") == "correct").select("problem_id").unique()
    handed = judged.filter(pl.col("continuation") == "journey").select(trace_id="parent_id")
    return (
        judged.filter(
            pl.col("status") == "incorrect",
            pl.col("finish_reason") == "stop",
            pl.col("continuation") != "journey",
        )
        .join(solved, on="problem_id", how="semi")
        .sort("sample", "trace_id")
        .group_by("problem_id", maintain_order=True)
        .head(per_problem)
        .join(handed, on="trace_id", how="anti")
        .select("trace_id", "problem_id")
    )


def _handed_back(run: Run, rows: pl.DataFrame, sampler: Sampler) -> Iterator[Sample]:
    ids = rows.lazy().select("trace_id", "problem_id")
    problems = scan(run, "problems").join(ids, on="problem_id", how="semi").collect()
    verdicts = scan(run, "verdicts").join(ids, on="trace_id", how="semi").collect()
    problem_of = {r["problem_id"]: tables.from_row(Problem, r) for r in problems.to_dicts()}
    verdict_of = {r["trace_id"]: tables.from_row(Verdict, r) for r in verdicts.to_dicts()}
    for row in rows.iter_rows(named=True):
        trace = tables.from_row(Trace, row)
        problem = problem_of[trace.problem_id]
        handed = hand_back(problem, trace, verdict_of[trace.trace_id], run.recipe)
        if handed is not None:
            yield sampler.journey(Asked(problem, 0), trace, handed)
