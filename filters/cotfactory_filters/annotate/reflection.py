"""Reflection: how a thought weighs, checks and revises."""

from typing import ClassVar

import polars as pl
from pydantic import Field

from cotfactory_filters.annotate.base import Annotator
from cotfactory_filters.annotate.candidates import find_candidates, plain
from cotfactory_filters.annotate.reflection_scan import count_words, vocabulary
from cotfactory_filters.utf8 import utf8
from cotfactory_schemas import Settings

# arXiv 2503.18878: the words near which "reasoning features" of a sparse autoencoder fire.
REASONING_WORDS = (
    "alternatively",
    "another",
    "but",
    "however",
    "hmm",
    "let me",
    "maybe",
    "perhaps",
    "therefore",
    "wait",
)
# arXiv 2502.03387 names two words of each kind; the inflections of those two verbs count too.
_VERIFICATION = ("check", "checks", "checked", "checking", "verify", "verifies", "verified")
_VOCABULARY = vocabulary([*((w,) for w in REASONING_WORDS), _VERIFICATION, ("might",), ("since",)])


class ReflectionSettings(Settings):
    """Where the parts of the trace score reach 1: words, and occurrences in 1,000 words."""

    full_words: int = Field(default=4000, gt=0)
    full_verification: float = Field(default=5, gt=0)
    full_exploration: float = Field(default=5, gt=0)
    full_connection: float = Field(default=10, gt=0)


class Reflection(Annotator[ReflectionSettings]):
    """Counts what shows reflection in the thought.

    Columns: one count for each of REASONING_WORDS (`let_me` for the phrase) and their sum
    `reasoning_words`; `words`; `candidates` (answers that the thought states), `first_is_last` (the
    first of them reads like the last; null without any); and `trace_score`, after LIMO
    (arXiv 2502.03387): length 30 %, verification words 20 %, exploratory words 25 %, connective
    words 25 %, words by length. The paper gives no scale: each part is 0 to 1 here, and reaches 1
    where the settings say.
    """

    name = "reflection"
    version = 2  # 2: candidates are those that the splits see
    settings_model = ReflectionSettings
    schema: ClassVar = {
        **{word.replace(" ", "_"): pl.Int32() for word in REASONING_WORDS},
        "reasoning_words": pl.Int32(),
        "words": pl.Int32(),
        "candidates": pl.Int32(),
        "first_is_last": pl.Boolean(),
        "trace_score": pl.Float32(),
    }

    def annotate(self, traces: pl.DataFrame) -> pl.DataFrame:
        """Counts words in one compiled pass, and reads candidates at their anchors."""
        counts = count_words(utf8(traces["reasoning"]), _VOCABULARY)
        names = [word.replace(" ", "_") for word in REASONING_WORDS]
        columns = [*names, "verification", "might", "since", "words"]
        stated = [
            [plain(c.text) for c in find_candidates(thought or "")]
            for thought in traces["reasoning"]
        ]
        found = pl.DataFrame(counts, schema=columns, orient="row").with_columns(
            reasoning_words=pl.sum_horizontal(names),
            candidates=pl.Series([len(c) for c in stated], dtype=pl.Int32),
            first_is_last=pl.Series(
                [c[0] == c[-1] if c else None for c in stated], dtype=pl.Boolean
            ),
        )
        return found.with_columns(trace_score=self._trace_score()).select(*self.schema)

    def _trace_score(self) -> pl.Expr:
        full = self.settings
        length = pl.col("words") / full.full_words
        parts = (
            (0.30, length),
            (0.20, self._rate("verification") / full.full_verification),
            (0.25, self._rate("perhaps", "might") / full.full_exploration),
            (0.25, self._rate("therefore", "since") / full.full_connection),
        )
        return pl.sum_horizontal(weight * part.clip(0, 1) for weight, part in parts)

    @staticmethod
    def _rate(*columns: str) -> pl.Expr:
        return 1000 * pl.sum_horizontal(columns) / pl.max_horizontal("words", 1)
