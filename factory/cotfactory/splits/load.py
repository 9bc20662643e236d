"""Reads buckets as groups: problem by problem, with all that is known of each sample."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from cotfactory.splits.group import Group, Sample
from cotfactory.splits.partition import part_of
from cotfactory.splits.shuffle import CLAIMS, Bucket
from cotfactory_filters import layout
from cotfactory_filters.annotate.candidates import Candidate
from cotfactory_filters.annotate.claims import Claims
from cotfactory_filters.annotate.revisions import Revision
from cotfactory_schemas import Problem, Recipe, Trace, Verdict, tables

BATCH_ROWS = 256
_ORDER = ("problem_id", "sample", "trace_id")
_CLUSTER = "dedup_problem_cluster"


def groups(bucket: Bucket, recipe: Recipe) -> Iterator[Group]:
    """Yields the groups of a bucket in the order of their problem_id.

    The order, and with it the splits, does not depend on how the run was sharded or resumed.
    """
    for problem_id, rows in itertools.groupby(_rows(bucket.text), lambda row: row["problem_id"]):
        problem = tables.from_row(Problem, _present(bucket.problems[problem_id]))
        samples = [_sample(row, problem, bucket.known[row["trace_id"]]) for row in rows]
        like = samples[0].scores.get(_CLUSTER) or problem_id
        yield Group(problem, samples, part_of(like, recipe.splits.test_fraction, recipe.seed))


def _rows(text: pa.Table) -> Iterator[dict[str, Any]]:
    # Arrow sorts the ids alone and takes rows in batches; the text is not copied to sort it.
    order = pc.sort_indices(text.select(_ORDER), sort_keys=[(n, "ascending") for n in _ORDER])
    for start in range(0, len(order), BATCH_ROWS):
        batch = text.take(order[start : start + BATCH_ROWS])
        yield from pl.DataFrame(batch).iter_rows(named=True)


def _sample(row: dict[str, Any], problem: Problem, known: Mapping[str, Any]) -> Sample:
    verdict = known["v"]
    if row["raw"] is None:  # put together here: in the buckets it would double the text
        row["raw"] = layout.compose(row["layout"], row["reasoning"], row["response"])
    return Sample(
        problem=problem,
        trace=tables.from_row(Trace, _present(row)),
        verdict=tables.from_row(Verdict, verdict) if verdict and verdict["trace_id"] else None,
        kept=known["kept"],
        rules=tuple(known["rules"]),
        scores={n: v for n, v in (row["scores"] or {}).items() if v is not None},
        claims=_claims(row),
        reflections=row.get("cues") or 0,
    )


def _present(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row without nulls: columns that older parts lack take their defaults."""
    return {name: value for name, value in row.items() if value is not None}


def _claims(row: Mapping[str, Any]) -> Claims | None:
    """What the stripped thought claims; None where that was not measured."""
    if any(row.get(name) is None for name in CLAIMS):
        return None
    thought = row["reasoning"]
    lead = len(thought) - len(thought.lstrip())
    return Claims(
        [_candidate(c, lead) for c in row["stated"]],
        [
            Revision(_candidate(r["first"], lead), _candidate(r["last"], lead))
            for r in row["revised"]
        ],
    )


def _candidate(found: Mapping[str, Any], lead: int) -> Candidate:
    return Candidate(found["start"] - lead, found["end"] - lead, found["text"])
