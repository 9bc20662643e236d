"""`generate --pilot`: a random slice for real, and what it says of the whole.

The slice is part of the run: its traces are not asked for again. Intervals are percentiles of a
bootstrap over problems (Efron and Tibshirani, 1993): problems, not samples, are independent.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cotfactory import sources
from cotfactory.errors import UsageError
from cotfactory.store.read import scan
from cotfactory.store.run import Run
from cotfactory_schemas import Recipe

RESAMPLES = 2000
PERCENTILES = (5, 95)


@dataclass(frozen=True)
class Estimate:
    """A projected total with its 90 % interval."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        """For people."""
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
        """As plain JSON."""
        return asdict(self)

    def text(self) -> str:
        """For people."""
        lines = [f"From {self.pilot_problems} of {self.problems} problems, all of them would take:"]
        for name in ("samples", "tokens", "accepted", "engine_hours", "cost"):
            estimate = getattr(self, name)
            lines.append(f"  {name.replace('_', ' '):<14}{estimate or 'not known'}")
        return "\n".join(lines)


def fraction(text: str, recipe: Recipe) -> float:
    """Reads `1%` or a number of problems as the share of problems to pilot.

    Raises:
        UsageError: it is neither.
    """
    number, percent = text.removesuffix("%"), text.endswith("%")
    if not number.replace(".", "", 1).isdecimal() or float(number) == 0:
        raise UsageError(f"--pilot {text}: write a share (1%) or a number of problems (200)")
    share = float(number) / (100 if percent else max(count_problems(recipe), 1))
    return min(share, 1.0)


def count_problems(recipe: Recipe) -> int:
    """Counts the problems of a recipe by reading its sources."""
    found = sources.problems(recipe.problems)
    return sum(not isinstance(problem, sources.RowFault) for problem in found)


def project(run: Run, tokens_per_s: float | None) -> Projection:
    """Projects the whole from the problems that have an outcome.

    Raises:
        UsageError: no problem has an outcome yet.
    """
    per_problem = _per_problem(run)
    if per_problem.is_empty():
        raise UsageError(f"{run.path}: no problem was finished; pilot more of them")
    total = count_problems(run.recipe)
    columns = per_problem.select("samples", "tokens", "accepted").to_numpy().astype(float)
    samples, tokens, accepted = (_estimate(column, total) for column in columns.T)
    hours = _scaled(tokens, 1 / tokens_per_s / 3600) if tokens_per_s else None
    price = run.recipe.generate.price
    return Projection(
        pilot_problems=len(per_problem),
        problems=total,
        samples=samples,
        tokens=tokens,
        accepted=accepted,
        engine_hours=hours,
        cost=_cost(hours, tokens, price.per_hour, price.per_million_tokens),
    )


def _per_problem(run: Run) -> pl.DataFrame:
    outcomes = scan(run, "outcomes").select("problem_id").unique()
    latest = scan(run, "verdicts").unique("trace_id", keep="last", maintain_order=True)
    accepted = latest.select("trace_id", ok=pl.col("status").is_in(["correct", "unverifiable"]))
    return (
        scan(run, "traces")
        .select("trace_id", "problem_id", "completion_tokens")
        .join(outcomes, on="problem_id", how="semi")
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


def _estimate(values: NDArray[np.float64], total: int) -> Estimate:
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
