"""Decides which traces are kept: SQL over what was measured, never over text."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from cotfactory import measures
from cotfactory.errors import UsageError
from cotfactory.store import atomic
from cotfactory.store.run import Run
from cotfactory_filters import decide as judge
from cotfactory_filters import rules
from cotfactory_schemas import Rule, tables

log = logging.getLogger(__name__)

Progress = Callable[[str, int, int | None], None]

DECISIONS_FILE = Path("decisions", "part-000001.parquet")


@dataclass(frozen=True)
class DecideSummary:
    """How many traces were decided and kept; `rejected` counts the traces of each rule."""

    traces: int
    kept: int
    rejected: Mapping[str, int]
    seconds: float


@dataclass(frozen=True)
class FunnelStep:
    """A rule in the order they are asked.

    `fired` counts its traces, `first` those that no earlier rule had rejected, `left` what passed
    this rule and all before it.
    """

    rule: str
    because: str
    fired: int
    first: int
    left: int


def decide(run: Run, progress: Progress = lambda *_: None) -> DecideSummary:
    """Writes a decision for every trace of the run; what it decided before is replaced.

    Raises:
        UsageError: a rule or an order of the recipe is wrong.
    """
    began = time.monotonic()
    total = run.rows("traces")
    progress("decide", 0, total)
    table = _table(run) if total else tables.DECISIONS.empty_table()
    with atomic.writing(run.path / DECISIONS_FILE) as temporary:
        pq.write_table(table, temporary, compression="zstd")
    progress("decide", total, total)
    decided = pl.DataFrame(table)
    return DecideSummary(
        traces=decided.height,
        kept=int(decided["kept"].sum()),
        rejected=_counts(decided["rules"].explode()),
        seconds=time.monotonic() - began,
    )


def _table(run: Run) -> pa.Table:
    recipe = run.recipe
    with measures.connect(run) as connection:
        try:
            return judge.decide(connection, rules_of(run), recipe.filter.select, recipe.seed)
        except ValueError as error:
            raise UsageError(f"{run.path / 'recipe.yaml'}: {error}") from error


def rules_of(run: Run) -> dict[str, Rule]:
    """The rules of the run, in order: the shipped ones with the recipe's laid over them.

    Raises:
        UsageError: the recipe switches off or names a rule that it can't.
    """
    try:
        return rules.merge(rules.DEFAULTS, run.recipe.filter.rules)
    except ValueError as error:
        raise UsageError(f"{run.path / 'recipe.yaml'}: {error}") from error


def funnel(run: Run) -> list[FunnelStep]:
    """How the traces of a decided run became fewer, rule by rule; empty before it is decided."""
    path = run.path / DECISIONS_FILE
    if not path.exists():
        return []
    fired = pl.read_parquet(path, columns=["rules"])["rules"]
    all_, first = _counts(fired.explode()), _counts(fired.list.first())
    because = {name: rule.because for name, rule in rules_of(run).items()}
    because |= rules.SELECTION
    steps, left = [], len(fired)
    for name, reason in because.items():
        left -= first.get(name, 0)
        steps.append(FunnelStep(name, reason, all_.get(name, 0), first.get(name, 0), left))
    return steps


def _counts(names: pl.Series) -> dict[str, int]:
    counted = names.drop_nulls().value_counts()
    return dict(counted.iter_rows())
