"""Readability: what makes a thought hard to read."""

import itertools
from typing import ClassVar

import polars as pl
import pyarrow as pa

from cotfactory_filters.annotate.base import Annotator
from cotfactory_filters.annotate.readability_scan import Column, scan
from cotfactory_filters.utf8 import Utf8, utf8
from cotfactory_schemas import Settings

MIN_COMPRESSED_BYTES = 256


class Readability(Annotator[Settings]):
    r"""Measures what makes a thought hard to read.

    DeepSeek-R1 drops thoughts with long paragraphs and code blocks (arXiv 2501.12948, B.3.3).
    Columns: `longest_paragraph` (characters between blank lines) and `longest_line`;
    `code_blocks` (count) and `open_fence` (the last one is not closed); `markdown_marks` (count of
    headings, table rows, rules and bold spans); `unbalanced_latex` (openers without closers and
    closers without openers among \\(, \\[, \\begin{ and $$); `replacement_chars` (count of U+FFFD);
    `mojibake` (count of characters that were decoded wrongly once); `symbol_ratio` (symbols by
    characters); `compression_ratio` (LZ4 bytes by bytes: near 0 for loops, near 1 for noise; null
    below 256 bytes, where it says nothing).
    """

    name = "readability"
    version = 1
    schema: ClassVar = {
        "longest_paragraph": pl.Int32(),
        "longest_line": pl.Int32(),
        "code_blocks": pl.Int32(),
        "open_fence": pl.Boolean(),
        "markdown_marks": pl.Int32(),
        "unbalanced_latex": pl.Int32(),
        "replacement_chars": pl.Int32(),
        "mojibake": pl.Int32(),
        "symbol_ratio": pl.Float32(),
        "compression_ratio": pl.Float32(),
    }

    def annotate(self, traces: pl.DataFrame) -> pl.DataFrame:
        """Counts in one pass over the bytes."""
        texts = utf8(traces["reasoning"])
        counts = scan(texts)
        found = pl.DataFrame({column.name.lower(): counts[:, column] for column in Column})
        return found.select(
            "longest_paragraph",
            "longest_line",
            "markdown_marks",
            "unbalanced_latex",
            "replacement_chars",
            "mojibake",
            code_blocks=pl.col("fences") // 2,
            open_fence=pl.col("fences") % 2 == 1,
            symbol_ratio=pl.col("symbols") / pl.max_horizontal("chars", 1),
            compression_ratio=pl.Series(_compression_ratios(texts), dtype=pl.Float32),
        )


def _compression_ratios(texts: Utf8) -> list[float | None]:
    codec = pa.Codec("lz4_raw")
    data, starts = pa.py_buffer(texts.data.data), texts.offsets.tolist()
    return [
        codec.compress(data.slice(start, end - start)).size / (end - start)
        if end - start >= MIN_COMPRESSED_BYTES
        else None
        for start, end in itertools.pairwise(starts)
    ]
