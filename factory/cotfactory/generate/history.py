"""What earlier sessions asked of the same teacher: read from small columns, text only when due."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from cotfactory.generate.plan import ACCEPTED, Asked, Plan
from cotfactory.generate.samples import Sample, Sampler
from cotfactory.store.known import IdSet, RowsById
from cotfactory.store.read import restore_raw, scan
from cotfactory.store.run import Run
from cotfactory_schemas import Domain, Outcome, Problem, Trace, tables
from cotfactory_schemas.recipe import GenerateSettings


class History:
    """The traces of one teacher by problem, and the problems that the run knows."""

    def __init__(self, run: Run, sampler: Sampler, settings: GenerateSettings) -> None:
        problems = scan(run, "problems").select("problem_id").collect()
        self.known_problems = IdSet(problems.get_column("problem_id"))
        self._run = run
        self._sampler = sampler
        self._settings = settings
        outcomes = self._of_teacher("outcomes").select("problem_id", "outcome")
        self._outcomes = RowsById(outcomes.collect(), "problem_id")
        rows = self._rows().collect()
        self.accepted = self._accepted(rows)
        self._of_problem = RowsById(rows, "problem_id")
        self._cut: dict[str, Asked] = {}

    def _accepted(self, asked: pl.DataFrame) -> dict[Domain, int]:
        """How many traces the run has accepted, by domain."""
        problems = scan(self._run, "problems").select("problem_id", "domain").unique("problem_id")
        rows = asked.lazy().filter(
            pl.col("status").is_in(ACCEPTED), ~pl.col("continued"), pl.col("cut").is_null()
        )
        return dict(rows.join(problems, on="problem_id").group_by("domain").len().collect().rows())

    def recall(self, problem: Problem, order: int, plan: Plan) -> Asked:
        """Counts into the plan what was asked of `problem`; the caller admits the result."""
        asked = Asked(problem, order)
        for row in self._of_problem.of(problem.problem_id).iter_rows(named=True):
            self._count(row, asked, plan)
        return asked

    def outcome(self, asked: Asked) -> Outcome | None:
        """The row that says what became of a problem; None when the run says so already."""
        problem_id = asked.problem.problem_id
        written = self._outcomes.of(problem_id).get_column("outcome")  # the newest is the last
        if asked.outcome is None or (len(written) and written[-1] == asked.outcome):
            return None
        return Outcome(
            problem_id=problem_id,
            teacher=self._sampler.teacher.fingerprint,
            outcome=asked.outcome,
            samples=len(asked.used),
            correct=asked.correct,
        )

    def leftovers(self) -> Iterator[Sample]:
        """Continuations of traces that were cut at a limit which the recipe now exceeds.

        To be read after all problems were recalled; holds the text of one part at a time.
        """
        if not self._cut:
            return
        for part in self._run.parts("traces"):
            rows = pl.scan_parquet(part).filter(pl.col("trace_id").is_in(list(self._cut)))
            for row in restore_raw(rows).collect().iter_rows(named=True):
                trace = tables.from_row(Trace, row)
                longer = self._sampler.continued(self._cut[trace.trace_id], trace, self._settings)
                if longer is not None:
                    yield longer

    def _count(self, row: dict[str, Any], asked: Asked, plan: Plan) -> None:
        if row["fresh"]:
            asked.used.add(row["sample"])
        if row["seconds"] is not None:
            plan.took(asked, row["seconds"])
        if row["cut"] is not None:
            self._cut[row["cut"]] = asked
            asked.pending += 1
        elif row["status"] is not None and not row["continued"]:
            plan.count(asked, row["status"])

    def _rows(self) -> pl.LazyFrame:
        """Columns problem_id, sample, fresh, seconds, continued, status, cut (the id, if it is)."""
        traces = self._of_teacher("traces").filter(pl.col("continuation") != "journey")
        verdicts = scan(self._run, "verdicts").select("trace_id", "status")
        judged = verdicts.unique("trace_id", keep="last", maintain_order=True)
        continued = traces.filter(pl.col("continuation") == "limit").select(
            pl.col("parent_id").alias("trace_id"), continued=True
        )
        limits = (self._sampler.teacher.sampling.max_tokens, *self._settings.continue_truncated)
        is_cut = (pl.col("finish_reason") == "length") & (pl.col("max_tokens") < max(limits))
        return (
            traces.join(judged, on="trace_id", how="left")
            .join(continued.unique(), on="trace_id", how="left")
            .with_columns(pl.col("continued").fill_null(value=False))
            .select(
                "problem_id", "sample", "seconds", "continued", "status",
                fresh=pl.col("continuation") == "",
                cut=pl.when(is_cut & ~pl.col("continued")).then("trace_id"),
            )
        )  # fmt: skip

    def _of_teacher(self, table: str) -> pl.LazyFrame:
        return scan(self._run, table).filter(pl.col("teacher") == self._sampler.teacher.fingerprint)
