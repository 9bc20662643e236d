"""Finds near-duplicates in a run.

What it finds is an annotation: `annotations/dedup/` has a part for each trace part. Signatures
come from the `minhash` annotator; text is read again only of traces that look like another one,
and traces that were compared before are not compared with each other again.
"""

import logging
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cotfactory.annotate_part import annotation_path
from cotfactory.dedup.index import Index
from cotfactory.dedup.problems import problem_groups
from cotfactory.dedup.state import State
from cotfactory.measures import PAIRS_FILE
from cotfactory.store import atomic
from cotfactory.store.read import scan
from cotfactory.store.run import Run
from cotfactory_filters.annotate.minhash import MinHashSettings
from cotfactory_filters.dedup.clusters import Documents, Groups, find_groups, no_edges
from cotfactory_filters.dedup.groups_scan import Edges

log = logging.getLogger(__name__)

Progress = Callable[[str, int, int | None], None]

NAME = "dedup"


@dataclass(frozen=True)
class DedupSummary:
    """What one pass did: how many traces it looked at for the first time."""

    fresh: int
    seconds: float


def deduplicate(run: Run, progress: Progress = lambda *_: None) -> DedupSummary | None:
    """Brings the run's groups of near-duplicates up to date.

    Returns None, and removes what was found before, when the `minhash` annotator is off.
    """
    began = time.monotonic()
    settings = _minhash(run)
    if settings is None:
        shutil.rmtree(run.path / "annotations" / "dedup", ignore_errors=True)
        shutil.rmtree(run.path / "dedup", ignore_errors=True)
        return None
    now, last, parts = State.now(run, settings), State.last(run), run.parts("traces")
    if now == last and all(annotation_path(run.path, NAME, part).exists() for part in parts):
        return DedupSummary(0, time.monotonic() - began)
    total = run.rows("traces")
    progress("deduplicate", 0, total)
    signed = {p: annotation_path(run.path, "minhash", p) for p in parts if p.name in now.parts}
    index = Index.read(signed)
    covered = [number for number, part in enumerate(index.parts) if part.name in last.covered(now)]
    fresh = ~index.rows["part"].is_in(covered).to_numpy()
    groups = _groups(run, index, fresh, settings)
    _write(run, index, groups, settings)
    now.write(run)
    progress("deduplicate", total, total)
    return DedupSummary(int(fresh.sum()), time.monotonic() - began)


def _minhash(run: Run) -> MinHashSettings | None:
    given = run.recipe.filter.annotators.get("minhash", {})
    return None if given is None else MinHashSettings.model_validate(given)


def _groups(run: Run, index: Index, fresh: NDArray[np.bool_], settings: MinHashSettings) -> Groups:
    documents = Documents(
        signatures=index.signatures,
        orders=index.orders,
        labels=np.zeros(len(fresh), np.uint64),
        fresh=fresh,
        known=no_edges() if fresh.all() else _known(run, index),
    )
    threshold = run.recipe.filter.dedup.threshold
    return find_groups(documents, threshold, lambda rows: index.sets(rows, settings.shingle_words))


def _known(run: Run, index: Index) -> Edges:
    """Returns the pairs that were measured before as rows of the index."""
    rows = index.rows.select("trace_id").with_row_index("n", 0)
    pairs = pl.read_parquet(run.path / PAIRS_FILE)
    for end in ("a", "b"):
        pairs = pairs.join(rows, left_on=end, right_on="trace_id").rename({"n": f"{end}_row"})
    return Edges(
        pairs.select("a_row", "b_row").cast(pl.Int64).to_numpy(), pairs["jaccard"].to_numpy()
    )


def _write(run: Run, index: Index, groups: Groups, settings: MinHashSettings) -> None:
    ids = index.rows["trace_id"]
    first, second = (ids.gather(groups.edges.pairs[:, side]) for side in (0, 1))
    pairs = pl.DataFrame({"first": first, "second": second, "jaccard": groups.edges.jaccards})
    pairs = pairs.select(
        a=pl.min_horizontal("first", "second"),
        b=pl.max_horizontal("first", "second"),
        jaccard="jaccard",
    )
    with atomic.writing(run.path / PAIRS_FILE) as temporary:
        pairs.write_parquet(temporary)
    threshold = run.recipe.filter.dedup.problem_threshold
    problems = problem_groups(scan(run, "problems"), threshold, settings.shingle_words)
    _write_annotations(run, _annotations(index, groups), problems)


def _write_annotations(run: Run, found: pl.DataFrame, problems: pl.DataFrame) -> None:
    """Writes what was found of traces and of problems, part by part, after one join for all."""
    parts = run.parts("traces")
    read = [pl.read_parquet(part, columns=["trace_id", "problem_id"]) for part in parts]
    rows = (
        pl.concat([_NOTHING, *read])
        .join(found, on="trace_id", how="left", maintain_order="left")
        .join(problems, on="problem_id", how="left", maintain_order="left")
        .drop("problem_id")
    )
    start = 0
    for part, traces in zip(parts, read, strict=True):
        with atomic.writing(annotation_path(run.path, NAME, part)) as temporary:
            rows[start : start + traces.height].write_parquet(temporary)
        start += traces.height


_NOTHING = pl.DataFrame(schema={"trace_id": pl.String(), "problem_id": pl.String()})


def _annotations(index: Index, groups: Groups) -> pl.DataFrame:
    """Returns the columns of `annotations/dedup/`: a group's name is its first trace's id."""
    ids = index.rows["trace_id"]
    frame = index.rows.select("trace_id", "problem_id").with_columns(
        exact=ids.gather(groups.exact), cluster=ids.gather(groups.near)
    )
    in_cluster = pl.len().over("cluster")
    return frame.select(
        "trace_id",
        exact=pl.when(pl.len().over("exact") > 1).then("exact"),
        cluster=pl.when(in_cluster > 1).then("cluster"),
        cluster_traces=in_cluster.cast(pl.Int32),
        cluster_problems=pl.col("problem_id").n_unique().over("cluster").cast(pl.Int32),
    )
