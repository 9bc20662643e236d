"""Annotates trace parts on a Ray cluster, through Ray Data.

The run must stand in a folder that all nodes see under the same path.
"""

import json
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cotfactory.annotate_part import Failure, PartResult, PartTask, annotate_part
from cotfactory.errors import CotfactoryError


def ray_results(tasks: Sequence[PartTask]) -> Iterator[PartResult]:
    """Yields the results as they come. Joins the cluster of RAY_ADDRESS, or starts one here.

    Raises:
        CotfactoryError: Ray is not installed, or an annotator does not work.
    """
    try:
        import ray  # noqa: PLC0415 - an extra
        import ray.data  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise CotfactoryError(
            "'ray' is not installed. Install it with: pip install 'cotfactory[ray]', or leave "
            "filter.executor at processes"
        ) from error
    started = not ray.is_initialized()
    if started:
        ray.init(include_dashboard=False, log_to_driver=False, logging_level=logging.WARNING)
    try:
        rows = [_as_row(task) for task in tasks]
        parts = ray.data.from_items(rows, override_num_blocks=len(rows))
        yield from map(_as_result, parts.map(_annotate).iter_rows())
    finally:
        if started:
            ray.shutdown()


def _as_row(task: PartTask) -> dict[str, str]:
    paths = [str(path.absolute()) for path in (task.run, task.part, *task.problems)]
    return {"task": json.dumps([paths, task.annotators])}


def _annotate(row: dict[str, str]) -> dict[str, str]:
    (run, part, *problems), annotators = json.loads(row["task"])
    task = PartTask(Path(run), Path(part), tuple(map(Path, problems)), annotators)
    try:
        done: Any = [part, annotate_part(task).failures]
    except CotfactoryError as error:
        done = str(error)
    return {"done": json.dumps(done)}


def _as_result(row: dict[str, str]) -> PartResult:
    done = json.loads(row["done"])
    if isinstance(done, str):
        raise CotfactoryError(done)
    part, failures = done
    return PartResult(Path(part), tuple(Failure(*failure) for failure in failures))
