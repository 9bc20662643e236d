"""Gathers the benchmark items that traces are compared with, from the sources a recipe names."""

import logging
from collections import Counter

import polars as pl

from cotfactory.sources import RowFault, problems
from cotfactory.store import atomic
from cotfactory.store.run import Run
from cotfactory_schemas.recipe import FilterSettings

log = logging.getLogger(__name__)

FILE = "benchmarks.parquet"


def with_benchmarks(run: Run) -> FilterSettings:
    """Returns the run's filter settings with its benchmarks gathered in a file of the run.

    Raises:
        UsageError: a source is wrong.
    """
    settings = run.recipe.filter
    options = settings.annotators.get("contamination", {})
    if not settings.benchmarks or options is None:
        return settings
    path = run.path / FILE
    items = _items(run)
    with atomic.writing(path) as temporary:
        items.write_parquet(temporary)
    log.info("comparing with %d benchmark items", items.height)
    annotators = {**settings.annotators, "contamination": {**options, "benchmarks": str(path)}}
    return settings.model_copy(update={"annotators": annotators})


def _items(run: Run) -> pl.DataFrame:
    numbers: Counter[str] = Counter()
    rows = []
    for item in problems(run.recipe.filter.benchmarks):
        if isinstance(item, RowFault):
            log.warning("benchmark: %s", item)
            continue
        numbers[item.source] += 1
        name = item.source_id or str(numbers[item.source])
        rows.append((f"{item.source}:{name}", item.prompt))
    return pl.DataFrame(rows, schema={"item": pl.String(), "text": pl.String()}, orient="row")
