"""Format: whether the thought's tags are there and right, and whether the text was cut."""

from typing import ClassVar

import polars as pl

from cotfactory_filters import layout
from cotfactory_filters.annotate.base import Annotator
from cotfactory_schemas import Settings


class Format(Annotator[Settings]):
    """Says how the text is laid out.

    Columns: `closed` (the thought has its closer), `clean` (all tags are where they belong),
    `thoughts` (count of closed thoughts), `empty_thought` and `empty_response` (nothing but
    space), `answer_tags` (the answer is exactly one <answer> pair), `truncated` (cut at the token
    limit, or inside the thought).
    """

    name = "format"
    version = 1
    reads = ("raw", "finish_reason")
    schema: ClassVar = {
        "closed": pl.Boolean(),
        "clean": pl.Boolean(),
        "thoughts": pl.Int32(),
        "empty_thought": pl.Boolean(),
        "empty_response": pl.Boolean(),
        "answer_tags": pl.Boolean(),
        "truncated": pl.Boolean(),
    }

    def annotate(self, traces: pl.DataFrame) -> pl.DataFrame:
        """Reads each raw text anew, so that a better reader shows without a new generation."""
        rows = [_row(raw or "") for raw in traces["raw"]]
        columns = {name: kind for name, kind in self.schema.items() if name != "truncated"}
        read = pl.DataFrame(rows, schema=columns, orient="row")
        cut = (traces["finish_reason"] == "length").fill_null(value=False)
        return read.with_columns(truncated=cut | ~pl.col("closed"))


def _row(raw: str) -> tuple[bool, bool, int, bool, bool, bool]:
    read = layout.read(raw)
    closer = layout.CLOSERS.get(read.name)
    answer = read.response.strip()
    return (
        read.closed,
        read.clean,
        max(raw.count(closer), read.closed) if closer else 0,
        not read.reasoning.strip(),
        not answer,
        answer.startswith("<answer>")
        and answer.endswith("</answer>")
        and answer.count("<answer>") == answer.count("</answer>") == 1,
    )
