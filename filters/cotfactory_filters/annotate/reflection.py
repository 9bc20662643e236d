"""Reflection: how a thought weighs, checks and revises."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

import numpy as np
import polars as pl
import pyarrow as pa
from pydantic import Field

from cotfactory_filters.annotate.base import Annotator
from cotfactory_filters.annotate.candidates import Candidate, plain
from cotfactory_filters.annotate.claims import Claims, find_claims
from cotfactory_filters.annotate.cues import count_cues
from cotfactory_filters.annotate.reflection_scan import count_words, vocabulary
from cotfactory_filters.annotate.revisions import Revision
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
_CANDIDATE = pl.Struct({"start": pl.Int32(), "end": pl.Int32(), "text": pl.String()})
_REVISION = pl.Struct({"first": _CANDIDATE, "last": _CANDIDATE})
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
    `reasoning_words`; `words`; `cues` (words that open a reflection, in several languages);
    `stated` (the answers that the thought states, with their characters), their number
    `candidates`, and `first_is_last` (the first of them reads like the last; null without any);
    `revised` (what is given a value, doubted, and given another: first and last value); and
    `trace_score`, after LIMO (arXiv 2502.03387): length 30 %, verification words 20 %, exploratory
    words 25 %, connective words 25 %, words by length. The paper gives no scale: each part is 0 to
    1 here, and reaches 1 where the settings say.
    """

    name = "reflection"
    version = 3  # 3: what the splits judge is kept, and not searched for again
    settings_model = ReflectionSettings
    schema: ClassVar = {
        **{word.replace(" ", "_"): pl.Int32() for word in REASONING_WORDS},
        "reasoning_words": pl.Int32(),
        "words": pl.Int32(),
        "cues": pl.Int32(),
        "stated": pl.List(_CANDIDATE),
        "revised": pl.List(_REVISION),
        "candidates": pl.Int32(),
        "first_is_last": pl.Boolean(),
        "trace_score": pl.Float32(),
    }

    def annotate(self, traces: pl.DataFrame) -> pl.DataFrame:
        """Counts words in one compiled pass, and reads candidates at their anchors."""
        counts = count_words(utf8(traces["reasoning"]), _VOCABULARY)
        names = [word.replace(" ", "_") for word in REASONING_WORDS]
        columns = [*names, "verification", "might", "since", "words"]
        claims = find_claims(traces["reasoning"])
        found = pl.DataFrame(counts, schema=columns, orient="row").with_columns(
            reasoning_words=pl.sum_horizontal(names),
            cues=pl.Series(count_cues(traces["reasoning"]), dtype=pl.Int32),
            stated=_stated(claims),
            revised=_revised(claims),
            candidates=pl.Series([len(c.stated) for c in claims], dtype=pl.Int32),
            first_is_last=pl.Series([_first_is_last(c.stated) for c in claims], dtype=pl.Boolean),
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


def _stated(claims: Sequence[Claims]) -> pl.Series:
    return _lists(
        [len(held.stated) for held in claims], _candidates(c for h in claims for c in h.stated)
    )


def _revised(claims: Sequence[Claims]) -> pl.Series:
    firsts = _candidates(r.first for held in claims for r in held.revised)
    lasts = _candidates(r.last for held in claims for r in held.revised)
    pairs = pa.StructArray.from_arrays([firsts, lasts], Revision._fields)
    return _lists([len(held.revised) for held in claims], pairs)


def _candidates(found: Iterable[Candidate]) -> pa.StructArray:
    held = list(found)
    starts, ends = (pa.array([c[at] for c in held], pa.int32()) for at in (0, 1))
    texts = pa.array([c.text for c in held], pa.string())
    return pa.StructArray.from_arrays([starts, ends, texts], Candidate._fields)


def _lists(lengths: Sequence[int], values: pa.Array) -> pl.Series:
    """Lists of such lengths; Polars' own reading of dictionaries takes longer than the search."""
    return pl.Series(pa.ListArray.from_arrays(np.cumsum([0, *lengths], dtype=np.int32), values))


def _first_is_last(stated: Sequence[Candidate]) -> bool | None:
    return plain(stated[0].text) == plain(stated[-1].text) if stated else None
