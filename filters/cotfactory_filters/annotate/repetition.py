"""Repetition: loops at the end of a text, and what repeats inside it."""

from typing import ClassVar

import numpy as np
import polars as pl
from pydantic import Field

from cotfactory_filters.annotate.base import Annotator
from cotfactory_filters.annotate.repetition_scan import Loop, Repeat, repeats, tail_loops
from cotfactory_filters.utf8 import utf8
from cotfactory_schemas import Settings


class RepetitionSettings(Settings):
    """`ngram` is how many words must come again in the same order to count."""

    ngram: int = Field(default=8, ge=1)


class Repetition(Annotator[RepetitionSettings]):
    """Finds loops at the end of thought and answer, and repeated n-grams and lines in the thought.

    Columns: `loop_period` (characters; 0 where there is no loop), `loop_repeats` (rounds) and
    `loop_chars` (of all rounds) of a verbatim loop of at least 3 rounds and 240 bytes;
    `numbered_loop_period` and `numbered_loop_repeats`, the same where rounds may differ in their
    numbers; `ngram_share` (the
    share of n-grams that stood in the text before); `line_share` (the share of the text in lines
    that stood in it before) and `equal_lines` (how often the commonest line stands). Lines count
    from 16 bytes on. A text without a thought is measured on its answer.
    """

    name = "repetition"
    version = 2  # 2: numbered_loop_period
    settings_model = RepetitionSettings
    reads = ("reasoning", "response")
    schema: ClassVar = {
        "loop_period": pl.Int32(),
        "loop_repeats": pl.Float32(),
        "loop_chars": pl.Int32(),
        "numbered_loop_period": pl.Int32(),
        "numbered_loop_repeats": pl.Float32(),
        "ngram_share": pl.Float32(),
        "line_share": pl.Float32(),
        "equal_lines": pl.Int32(),
    }

    def annotate(self, traces: pl.DataFrame) -> pl.DataFrame:
        """Searches the last 32 KB of each section for loops, and the whole text for the rest."""
        loops = tail_loops(utf8(traces["reasoning"]))
        in_answer = tail_loops(utf8(traces["response"]))
        lengths = [Loop.CHARS, Loop.NUMBERED_CHARS]
        longer = in_answer[:, lengths].max(axis=1) > loops[:, lengths].max(axis=1)
        loops[longer] = in_answer[longer]
        thought = pl.when(pl.col("reasoning").str.len_bytes() > 0).then("reasoning")
        texts = utf8(traces.select(thought.otherwise("response")).to_series())
        found = repeats(texts, self.settings.ngram)
        return pl.DataFrame(
            {
                "loop_period": loops[:, Loop.PERIOD],
                "loop_repeats": loops[:, Loop.CHARS] / np.maximum(loops[:, Loop.PERIOD], 1),
                "loop_chars": loops[:, Loop.CHARS],
                "numbered_loop_period": loops[:, Loop.NUMBERED_PERIOD],
                "numbered_loop_repeats": loops[:, Loop.NUMBERED_CHARS]
                / np.maximum(loops[:, Loop.NUMBERED_PERIOD], 1),
                "ngram_share": found[:, Repeat.REPEATED_NGRAMS]
                / np.maximum(found[:, Repeat.NGRAMS], 1),
                "line_share": found[:, Repeat.REPEATED_LINE_BYTES]
                / np.maximum(found[:, Repeat.LINE_BYTES], 1),
                "equal_lines": found[:, Repeat.MOST_EQUAL_LINES],
            }
        )
