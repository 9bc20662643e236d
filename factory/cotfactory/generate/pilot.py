"""`generate --pilot`: a random slice for real, and what it says of the whole.

The slice is part of the run: its traces are not asked for again. Intervals are percentiles of a
bootstrap over problems (Efron and Tibshirani, 1993): problems, not samples, are independent.
"""

import math
import re
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cotfactory import sources
from cotfactory.errors import UsageError
from cotfactory.generate.limits import Limits, rank
from cotfactory.store.read import scan
from cotfactory.store.run import Run
from cotfactory_schemas import Recipe

RESAMPLES = 2000
PERCENTILES = (5, 95)
LEAST_FOR_INTERVALS = 10  # problems: a bootstrap of fewer has too few values to draw from


class Slice(NamedTuple):
    """The problems of a pilot, as `limits`, and how many they are `of`."""

    limits: Limits
    of: int


@dataclass(frozen=True)
class Estimate:
    """A projected total with its 90 % interval, which is NaN where it means nothing."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        """For people."""
        if math.isnan(self.low):
            return f"{self.mean:,.4g}"
        return f"{self.mean:,.4g} (90 % interval {self.low:,.4g} to {self.high:,.4g})"


@dataclass(frozen=True)
class Projection:
    """What the whole recipe would take and give, from the problems of the pilot."""

    pilot_problems: int
    problems: int
    samples: Estimate
    tokens: Estimate
    accepted: Estimate
    engine_hours: Estimate | None
    cost: Estimate | None

    def facts(self) -> dict[str, Any]:
        """As plain JSON, which has null for NaN."""
        return {name: _plain(value) for name, value in asdict(self).items()}

    def text(self) -> str:
        """For people."""
        lines = [f"From {self.pilot_problems} of {self.problems} problems, all of them would take:"]
        for name in ("samples", "tokens", "accepted", "engine_hours", "cost"):
            estimate = getattr(self, name)
            lines.append(f"  {name.replace('_', ' '):<14}{estimate or 'not known'}")
        if self.pilot_problems < LEAST_FOR_INTERVALS:
            lines.append(
                f"No intervals: of fewer than {LEAST_FOR_INTERVALS} problems they mean nothing"
            )
        return "\n".join(lines)


def choose(size: str, recipe: Recipe, limits: Limits) -> Slice:
    """Reads `1%` or a number of problems, and takes those of the lowest ranks within `limits`.

    A number takes exactly so many, a share at least one; both do what the order of the sources
    is, and a larger slice holds a smaller one. Of each problem 8 bytes are held.

    Raises:
        UsageError: `size` is neither, or there is no problem.
    """
    match = re.fullmatch(r"(?=.*[1-9])(?:(\d+)|(\d+(?:\.\d+)?)%)", size)
    if match is None:
        raise UsageError(f"--pilot {size}: write a share (1%) or a number of problems (200)")
    found = sources.problems(recipe.problems)
    ids = (each.problem_id for each in found if not isinstance(each, sources.RowFault))
    ranks = np.fromiter((rank(i) for i in ids if limits.includes(i)), dtype=np.uint64)
    if not len(ranks):
        raise UsageError(f"--pilot {size}: there is no problem to take")
    wanted = int(match[1]) if match[1] else max(1, round(float(match[2]) / 100 * len(ranks)))
    last = min(wanted, len(ranks)) - 1
    return Slice(replace(limits, highest_rank=int(np.partition(ranks, last)[last])), len(ranks))


def project(run: Run, pilot: Slice, tokens_per_s: float | None) -> Projection:
    """Projects the whole from those problems of the pilot that have an outcome.

    Raises:
        UsageError: none of them has an outcome yet.
    """
    per_problem = _per_problem(run, pilot.limits)
    if per_problem.is_empty():
        raise UsageError(f"{run.path}: no problem was finished; pilot more of them")
    columns = per_problem.select("samples", "tokens", "accepted").to_numpy().astype(float)
    samples, tokens, accepted = (_estimate(column, pilot.of) for column in columns.T)
    hours = _scaled(tokens, 1 / tokens_per_s / 3600) if tokens_per_s else None
    price = run.recipe.generate.price
    return Projection(
        pilot_problems=len(per_problem),
        problems=pilot.of,
        samples=samples,
        tokens=tokens,
        accepted=accepted,
        engine_hours=hours,
        cost=_cost(hours, tokens, price.per_hour, price.per_million_tokens),
    )


def _per_problem(run: Run, limits: Limits) -> pl.DataFrame:
    """Columns problem_id, samples, tokens, accepted. A trace that was gone on with is a part."""
    teacher = run.recipe.teacher.fingerprint if run.recipe.teacher else ""
    of_teacher = pl.col("teacher") == teacher
    outcomes = scan(run, "outcomes").filter(of_teacher).select("problem_id").unique().collect()
    ended = outcomes.filter([limits.includes(i) for i in outcomes["problem_id"]])
    traces = scan(run, "traces").filter(of_teacher)
    gone_on = traces.filter(pl.col("continuation") == "limit").select(trace_id="parent_id")
    latest = scan(run, "verdicts").unique("trace_id", keep="last", maintain_order=True)
    accepted = latest.select("trace_id", ok=pl.col("status").is_in(["correct", "unverifiable"]))
    return (
        traces.select("trace_id", "problem_id", "completion_tokens")
        .join(ended.lazy(), on="problem_id", how="semi")
        .join(gone_on, on="trace_id", how="anti")
        .join(accepted, on="trace_id", how="left")
        .group_by("problem_id")
        .agg(
            samples=pl.len(),
            tokens=pl.col("completion_tokens").fill_null(0).sum(),
            accepted=pl.col("ok").fill_null(value=False).sum(),
        )
        .sort("problem_id")
        .collect()
    )


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON values
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value


def _estimate(values: NDArray[np.float64], total: int) -> Estimate:
    if len(values) < LEAST_FOR_INTERVALS:
        return Estimate(float(values.mean()) * total, math.nan, math.nan)
    drawn = np.random.default_rng(0).integers(len(values), size=(RESAMPLES, len(values)))
    low, high = np.percentile(values[drawn].mean(axis=1), PERCENTILES)
    return Estimate(float(values.mean()) * total, float(low) * total, float(high) * total)


def _scaled(estimate: Estimate, factor: float) -> Estimate:
    return Estimate(estimate.mean * factor, estimate.low * factor, estimate.high * factor)


def _cost(
    hours: Estimate | None, tokens: Estimate, per_hour: float, per_million: float
) -> Estimate | None:
    by_token = _scaled(tokens, per_million / 1e6)
    by_hour = _scaled(hours, per_hour) if hours else None
    if not per_million and not (per_hour and by_hour):
        return None
    parts = [part for part in (by_token, by_hour) if part is not None]
    return Estimate(
        *(math.fsum(getattr(part, name) for part in parts) for name in ("mean", "low", "high"))
    )
