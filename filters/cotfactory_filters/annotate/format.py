"""Format: whether the thought's tags are there and right, and whether the text was cut."""

from typing import ClassVar

import polars as pl

from cotfactory_filters import layout
from cotfactory_filters.annotate.base import Annotator
from cotfactory_filters.annotate.cut import breaks_off
from cotfactory_schemas import Settings


class Format(Annotator[Settings]):
    """Says how the text is laid out.

    Columns: `closed` (the thought has its closer), `clean` (all tags are where they belong),
    `thoughts` (count of closed thoughts), `empty_thought` and `empty_response` (nothing but
    space), `answer_tags` (the answer is exactly one <answer> pair), `truncated` (cut at the token
    limit or inside the thought; or, where the engine did not say how the text ended, it stops in
    the middle of a formula or a sentence).
    """

    name = "format"
    version = 2  # 2: a text of unknown end is truncated where it breaks off
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
        texts = zip(traces["raw"], traces["finish_reason"], strict=True)
        rows = [_row(raw or "", reason or "unknown") for raw, reason in texts]
        return pl.DataFrame(rows, schema=self.schema, orient="row")


def _row(raw: str, finish_reason: str) -> tuple[bool, bool, int, bool, bool, bool, bool]:
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
        finish_reason == "length"
        or not read.closed
        or (finish_reason == "unknown" and breaks_off(read.response)),
    )
