"""Annotates a run: measures columns on every trace, once for each annotator and version.

Each annotator has a folder under `annotations/` with one Parquet part for each trace part. A part
carries in its metadata the key of what it was made from, and is made again when that differs.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from cotfactory.annotate_part import Failure, PartResult, PartTask, annotate_part, rows_of, stale
from cotfactory.annotate_ray import ray_results
from cotfactory.errors import UsageError
from cotfactory.store.run import Run
from cotfactory.workers import Workers
from cotfactory_filters.annotate import make_annotators
from cotfactory_schemas.recipe import FilterSettings

WORKER_BYTES = 8 << 20  # of compressed parts; less is done before a second process has started

log = logging.getLogger(__name__)

Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class AnnotateSummary:
    """What one pass did. A part counts once for each annotator.

    `failures` names the traces on which an annotator failed, and whose values are therefore null.
    """

    annotators: tuple[str, ...]
    traces: int
    parts_measured: int
    parts_cached: int
    failures: tuple[Failure, ...]
    seconds: float


def annotate(
    run: Run, settings: FilterSettings, progress: Progress = lambda *_: None
) -> AnnotateSummary:
    """Measures what is missing, in worker processes, one reading of a part for all annotators.

    Raises:
        UsageError: an annotator or a setting of one is unknown.
        CotfactoryError: an annotator does not work, or a worker process was killed.
    """
    started = time.monotonic()
    try:
        annotators = make_annotators(settings.annotators)
    except ValueError as error:
        raise UsageError(str(error)) from error
    parts = run.parts("traces")
    tasks = [
        PartTask(run.path, part, tuple(run.parts("problems")), missing)
        for part in parts
        if (missing := {a.name: a.settings.model_dump() for a in stale(run.path, part, annotators)})
    ]
    rows = {task.part: rows_of(task.part) for task in tasks}
    results: list[PartResult] = []
    done, total = 0, sum(rows.values())
    progress("annotate", done, total)
    for result in _results(tasks, settings):
        results.append(result)
        done += rows[result.part]
        progress("annotate", done, total)
    failures = tuple(failure for result in results for failure in result.failures)
    for failure in failures:
        log.warning("%s", failure)
    measured = sum(len(task.annotators) for task in tasks)
    return AnnotateSummary(
        annotators=tuple(a.name for a in annotators),
        traces=run.rows("traces"),
        parts_measured=measured,
        parts_cached=len(parts) * len(annotators) - measured,
        failures=failures,
        seconds=time.monotonic() - started,
    )


def _size(task: PartTask) -> int:
    return task.part.stat().st_size


def _results(tasks: Sequence[PartTask], settings: FilterSettings) -> Iterator[PartResult]:
    """Yields the results as they come; the largest parts are begun first."""
    ordered = sorted(tasks, key=_size, reverse=True)
    workers = min(settings.workers, len(ordered), 1 + sum(map(_size, tasks)) // WORKER_BYTES)
    if settings.executor == "ray" and ordered:
        yield from ray_results(ordered)
        return
    with Workers(workers, "annotating") as pool:
        yield from pool.each(annotate_part, ordered)
