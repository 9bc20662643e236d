"""Groups of the same problem, written twice or with small changes."""

import numpy as np
import polars as pl

from cotfactory_filters.dedup import signatures
from cotfactory_filters.dedup.clusters import Documents, find_groups, no_edges
from cotfactory_filters.dedup.sets import shingle_sets

PERMUTATIONS = 128
_NUMBER = r"\d+(?:[.,]\d+)*"
_ASKED = (
    pl.col("messages")
    .list.eval(
        pl.element().filter(pl.element().struct.field("role") != "system").struct.field("content")
    )
    .list.join("\n")
)
"""All turns but the system prompt, which many problems share."""


def problem_groups(problems: pl.LazyFrame, threshold: float, shingle_words: int) -> pl.DataFrame:
    """Returns `problem_id` and the names of its groups, null where it is alone.

    `problem_exact` holds prompts that differ in case and space alone, `problem_cluster` those
    with the same numbers whose shingles have a Jaccard of `threshold`: another number makes
    another problem. A group's name is its least problem id, which no order of the input changes.
    """
    frame = (
        problems.select("problem_id", prompt=_ASKED)
        .with_columns(
            order=pl.col("prompt").str.to_lowercase().str.replace_all(r"\s+", " ").hash(),
            label=pl.col("prompt").str.extract_all(_NUMBER).list.sort().list.join(" ").hash(),
        )
        .unique("problem_id", keep="first", maintain_order=True)
        .collect()
    )
    signed = signatures.sign(frame["prompt"], shingle_words=shingle_words, count=PERMUTATIONS)
    documents = Documents(
        signatures=signed.signatures,
        orders=frame["order"].to_numpy(),
        labels=frame["label"].to_numpy(),
        fresh=np.ones(frame.height, np.bool_),
        known=no_edges(),
    )
    groups = find_groups(
        documents, threshold, lambda rows: shingle_sets(frame["prompt"].gather(rows), shingle_words)
    )
    columns = {"exact": groups.exact, "near": groups.near}
    return frame.select("problem_id", **columns).select(
        "problem_id", problem_exact=_name("exact"), problem_cluster=_name("near")
    )


def _name(group: str) -> pl.Expr:
    return pl.when(pl.len().over(group) > 1).then(pl.col("problem_id").min().over(group))
