"""What earlier sessions asked of the same teacher: read from small columns, text only when due."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from cotfactory.generate.plan import Asked, Plan
from cotfactory.generate.samples import Sample, Sampler
from cotfactory.store.read import restore_raw, scan
from cotfactory.store.run import Run
from cotfactory_schemas import Outcome, Problem, Trace, tables
from cotfactory_schemas.recipe import GenerateSettings

_COLUMNS = (
    "trace_id", "problem_id", "sample", "continuation", "parent_id",
    "finish_reason", "seconds", "max_tokens",
)  # fmt: skip


class History:
    """The traces of one teacher by problem, and the problems that the run knows."""

    def __init__(self, run: Run, sampler: Sampler, settings: GenerateSettings) -> None:
        known = scan(run, "problems").select("problem_id").collect()
        self.known_problems = set(known.get_column("problem_id"))
        outcomes = (
            scan(run, "outcomes")
            .filter(pl.col("teacher") == sampler.teacher.fingerprint)
            .select("problem_id", "outcome")
            .collect()
        )
        self._outcomes = dict(outcomes.iter_rows())  # of several rows the newest stays
        self._run = run
        self._sampler = sampler
        self._settings = settings
        rows = self._rows().collect()
        self._of_problem = {
            str(key): frame
            for (key,), frame in rows.partition_by("problem_id", as_dict=True).items()
        }
        self._cut: dict[str, Asked] = {}

    def recall(self, problem: Problem, order: int, plan: Plan) -> Asked:
        """Counts into the plan what was asked of `problem`; the caller admits the result."""
        asked = Asked(problem, order)
        frame = self._of_problem.pop(problem.problem_id, None)
        for row in frame.iter_rows(named=True) if frame is not None else ():
            self._count(row, asked, plan)
        return asked

    def outcome(self, asked: Asked) -> Outcome | None:
        """The row that says what became of a problem; None when the run says so already."""
        problem_id = asked.problem.problem_id
        if asked.outcome is None or self._outcomes.get(problem_id) == asked.outcome:
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
        if row["continuation"] == "journey":
            return
        if row["continuation"] == "":
            asked.used.add(row["sample"])
        if row["seconds"] is not None:
            plan.took(asked, row["seconds"])
        if row["continued"]:
            return
        cut = row["finish_reason"] == "length" and row["max_tokens"] is not None
        if cut and self._sampler.next_limit(row["max_tokens"], self._settings) is not None:
            self._cut[row["trace_id"]] = asked
            asked.pending += 1
        elif row["status"] is not None:
            plan.count(asked, row["status"])

    def _rows(self) -> pl.LazyFrame:
        traces = scan(self._run, "traces").filter(
            pl.col("teacher") == self._sampler.teacher.fingerprint
        )
        traces = traces.select(_COLUMNS)
        verdicts = scan(self._run, "verdicts").select("trace_id", "status")
        continued = traces.filter(pl.col("continuation") == "limit").select(
            pl.col("parent_id").alias("trace_id"), continued=True
        )
        return (
            traces.join(
                verdicts.unique("trace_id", keep="last", maintain_order=True),
                on="trace_id",
                how="left",
            )
            .join(continued.unique(), on="trace_id", how="left")
            .with_columns(pl.col("continued").fill_null(value=False))
        )
