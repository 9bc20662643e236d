"""Batches of traces as annotators get them."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from cotfactory_filters.annotate import INPUT_COLUMNS, make_annotators
from cotfactory_filters.annotate.registry import REGISTRY

DEFAULTS: Mapping[str, Any] = {
    "trace_id": "t",
    "problem_id": "p",
    "prompt": "What is 2 + 3?",
    "domain": "math",
    "kind": "reasoning",
    "language": "en",
    "reasoning": "",
    "response": "",
    "layout": "think",
    "finish_reason": "stop",
}


def batch(*rows: Mapping[str, Any]) -> pl.DataFrame:
    """A batch of traces; what a row leaves out is usual, or null."""
    filled = [{**dict.fromkeys(INPUT_COLUMNS), **DEFAULTS, **row} for row in rows]
    return pl.DataFrame(filled, schema=pl.Schema(INPUT_COLUMNS))


def annotated(name: str, *rows: Mapping[str, Any], **settings: Any) -> list[dict[str, Any]]:
    """What the annotator `name` says of each row, as it would be stored."""
    others = {other: None for other in REGISTRY.shipped if other != name}
    (annotator,) = make_annotators({**others, name: settings})
    measured = annotator.annotate(batch(*rows).select(annotator.reads))
    assert measured.height == len(rows)
    return measured.cast(pl.Schema(annotator.schema)).select(*annotator.schema).to_dicts()


def annotated_thought(name: str, thought: str, **settings: Any) -> dict[str, Any]:
    """What the annotator `name` says of a trace with this thought."""
    (row,) = annotated(name, {"reasoning": thought}, **settings)
    return row
