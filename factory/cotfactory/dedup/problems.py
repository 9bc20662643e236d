"""Groups of the same problem, written twice or with small changes."""

import numpy as np
import polars as pl

from cotfactory_filters.dedup import signatures
from cotfactory_filters.dedup.clusters import Documents, find_groups, no_edges
from cotfactory_filters.dedup.sets import shingle_sets

PERMUTATIONS = 128
_NUMBER = r"\d+(?:[.,]\d+)*"


def problem_groups(problems: pl.LazyFrame, threshold: float, shingle_words: int) -> pl.DataFrame:
    """Returns problem_id, `problem_exact` and `problem_cluster`: the first problem of its groups.

    Null means that it is alone.
    Exact are prompts that differ in case and space alone. Near are those with the same numbers
    whose shingles have a Jaccard of `threshold`: another number makes another problem.
    """
    frame = (
        problems.select(
            "problem_id",
            "prompt",
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
    ids = frame["problem_id"]
    columns = {"exact": ids.gather(groups.exact), "near": ids.gather(groups.near)}
    return pl.DataFrame({"problem_id": ids, **columns}).select(
        "problem_id",
        problem_exact=pl.when(pl.len().over("exact") > 1).then("exact"),
        problem_cluster=pl.when(pl.len().over("near") > 1).then("near"),
    )
