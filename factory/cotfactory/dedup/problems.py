"""Groups of the same problem, typed or told twice or with small changes."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cotfactory_filters.dedup import groups_scan, signatures
from cotfactory_filters.dedup.clusters import Documents, find_groups, no_edges
from cotfactory_filters.dedup.reworded import reworded_pairs
from cotfactory_filters.dedup.sets import shingle_sets
from cotfactory_filters.dedup.wording import symbols, tokens

PERMUTATIONS = 128
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
    with the same numbers, variables and functions whose shingles have a Jaccard of `threshold`,
    or which say the same in other words. A group's name is its least problem id, which no order
    of the input changes.
    """
    frame = (
        problems.select("problem_id", "reference", prompt=_ASKED)
        .with_columns(
            order=pl.col("prompt").str.to_lowercase().str.replace_all(r"\s+", " ").hash(),
            tokens=tokens(pl.col("prompt")),
        )
        .drop("prompt")
        .with_columns(symbols=symbols(pl.col("tokens")))
        .unique("problem_id", keep="first", maintain_order=True)
        .collect()
    )
    wording = frame["tokens"].list.join(" ")
    documents = Documents(
        signatures=signatures.sign(
            wording, shingle_words=shingle_words, count=PERMUTATIONS
        ).signatures,
        orders=frame["order"].to_numpy(),
        labels=frame["symbols"].list.join(" ").hash().to_numpy(),
        fresh=np.ones(frame.height, np.bool_),
        known=no_edges(),
    )
    groups = find_groups(
        documents, threshold, lambda rows: shingle_sets(wording.gather(rows), shingle_words)
    )
    near = _joined(groups.near, reworded_pairs(frame, shingle_words))
    return frame.select("problem_id", exact=groups.exact, near=near).select(
        "problem_id", problem_exact=_name("exact"), problem_cluster=_name("near")
    )


def _joined(groups: NDArray[np.int64], pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Joins the groups of each pair."""
    parent = groups.copy()
    groups_scan.join_all(parent, pairs)
    return np.asarray(groups_scan.roots(parent))


def _name(group: str) -> pl.Expr:
    return pl.when(pl.len().over(group) > 1).then(pl.col("problem_id").min().over(group))
