"""MinHash signatures: the index in which near-duplicates are looked for."""

from typing import ClassVar

import polars as pl
from pydantic import Field

from cotfactory_filters.annotate.base import Annotator
from cotfactory_filters.dedup import signatures
from cotfactory_schemas import Settings


class MinHashSettings(Settings):
    """What is signed: every `shingle_words` words in a row, by so many permutations."""

    permutations: int = Field(default=128, ge=16, le=1024)
    shingle_words: int = Field(default=5, ge=1)


class MinHash(Annotator[MinHashSettings]):
    """Signs the thought and the answer of each trace.

    Columns: `signature` (permutations × 4 bytes, little-endian; null for a text without words),
    readable by datasketch as `MinHash(hashvalues=np.frombuffer(signature, "<u4"),
    scheme="affine32")`; `order` (a hash of the words in order, equal for texts with the same
    words); `shingles` (count, repeated ones included).
    """

    name = "minhash"
    version = 1
    settings_model = MinHashSettings
    reads = ("reasoning", "response")
    schema: ClassVar = {
        "signature": pl.Binary(),
        "order": pl.UInt64(),
        "shingles": pl.Int32(),
    }

    def annotate(self, traces: pl.DataFrame) -> pl.DataFrame:
        """Signs the thought and the answer as one text."""
        texts = traces.select(TEXT).to_series()
        signed = signatures.sign(
            texts,
            shingle_words=self.settings.shingle_words,
            count=self.settings.permutations,
        )
        wide = signed.signatures.astype("<u4", copy=False)
        columns = {
            "signature": pl.Series([row.tobytes() for row in wide], dtype=pl.Binary),
            "order": signed.orders,
            "shingles": signed.shingles,
        }
        blank = pl.col("shingles") == 0
        return pl.DataFrame(columns, schema=self.schema).with_columns(
            pl.when(~blank).then(pl.col("signature", "order"))
        )


TEXT = pl.concat_str("reasoning", "response", separator="\n", ignore_nulls=True)
"""What is compared of a trace."""
