"""Language: how much of a thought is in the language that it should be in."""

from collections import Counter
from typing import ClassVar, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import Field

from cotfactory_filters.annotate.base import Annotator
from cotfactory_filters.annotate.language_scan import scan
from cotfactory_filters.annotate.language_scan import target as expected
from cotfactory_filters.annotate.scripts import (
    CHARS_PER_WORD,
    MAIN_LANGUAGE,
    Script,
    scripts_of,
)
from cotfactory_filters.language_model import fits, guess, guess_beside
from cotfactory_filters.utf8 import Utf8, utf8
from cotfactory_schemas import Settings

_WORDS_PER_CHAR = np.array([1 / CHARS_PER_WORD.get(script, 1.0) for script in Script])


class LanguageSettings(Settings):
    """When a sentence that its script leaves open counts as foreign, and how many are judged."""

    min_confidence: float = Field(default=0.25, ge=0, le=1)
    judged_bytes: int = Field(default=2048, ge=1, description="of a text, evenly sampled")


class Measured(NamedTuple):
    """Words of one text by language, and the longest foreign passage in characters."""

    words: Counter[str]
    span: int


class Language(Annotator[LanguageSettings]):
    """Measures the share of the problem's language in the thought.

    The share is DeepSeek-R1's (arXiv 2501.12948, equation 7): words in the target language by all
    words. Math, code, numbers, single letters and formula words count as no words; scripts without
    spaces are counted in characters. The script decides where it can. Else a sentence that has few
    common words of the target is shown to fastText, and sentences under 5 words count as the
    target's.

    Columns: `share` (null without words), `words` (count), `foreign_words`, `foreign_span` (the
    longest foreign passage, characters), `languages` (found, most words first), `response` (the
    answer's main language; null without words) and `response_matches` (it is the problem's).
    """

    name = "language"
    version = 2  # 2: fastText is asked about more sentences, and how likely the target is
    settings_model = LanguageSettings
    reads = ("reasoning", "response", "language")
    schema: ClassVar = {
        "share": pl.Float32(),
        "words": pl.Int32(),
        "foreign_words": pl.Int32(),
        "foreign_span": pl.Int32(),
        "languages": pl.List(pl.String()),
        "response": pl.String(),
        "response_matches": pl.Boolean(),
    }

    def annotate(self, traces: pl.DataFrame) -> pl.DataFrame:
        """Scans the texts of each target language together."""
        numbered = traces.with_row_index("row")
        parts = numbered.partition_by("language", as_dict=True)
        measured = [self._annotate(part, language) for (language,), part in parts.items()]
        rows = [row for rows in measured for row in rows]
        schema = {"row": pl.UInt32(), **self.schema}
        return pl.DataFrame(rows, schema=schema, orient="row").sort("row").drop("row")

    def _annotate(self, traces: pl.DataFrame, language: str | None) -> list[tuple[object, ...]]:
        target = (language or "").lower().partition("-")[0]
        thoughts = self.measure(traces["reasoning"], target)
        answers = self.measure(traces["response"], target)
        rows = zip(traces["row"], thoughts, answers, strict=True)
        return [(row, *_columns(thought, answer, target)) for row, thought, answer in rows]

    def measure(self, series: pl.Series, target: str) -> list[Measured]:
        """Measures each text against the language `target`."""
        texts = utf8(series)
        scanned = scan(texts, expected(target))
        counters = _by_language(scanned.words * _WORDS_PER_CHAR, target)
        measured = [*map(Measured, counters, scanned.spans.tolist())]
        firsts = np.flatnonzero(np.diff(scanned.marks[:, 0], prepend=-1))
        for marks in np.split(scanned.marks, firsts[1:]) if len(firsts) else ():
            row = int(marks[0, 0])
            measured[row] = self._judge(texts, marks, target, measured[row])
        return measured

    def _judge(
        self, texts: Utf8, marks: NDArray[np.int64], target: str, found: Measured
    ) -> Measured:
        """Moves the words of marked sentences to the language that they are in."""
        sample = _sampled(marks, self.settings.judged_bytes)
        scale = marks[:, 3].sum() / max(1, sample[:, 3].sum())
        span, run, run_end = found.span, 0, -1
        for _, start, end, words in sample.tolist():
            sentence = texts.data[start : min(end, start + _JUDGED_SENTENCE_BYTES)].tobytes()
            language = self._foreign(sentence.decode("utf-8", "ignore"), target)
            if language is None:
                continue
            found.words[target] -= words * scale
            found.words[language] += words * scale
            chars = len(texts.data[start:end].tobytes().decode("utf-8", "ignore"))
            run = run + chars if start - run_end <= _SENTENCE_GAP_BYTES else chars
            run_end = end
            span = max(span, run)
        return Measured(found.words, span)

    def _foreign(self, sentence: str, target: str) -> str | None:
        """Returns the language of a sentence that is not in `target`."""
        least = self.settings.min_confidence
        if expected(target).listed:
            (language, confidence), own = guess_beside(sentence, target)
            least = max(least, _TIMES_AS_SURE * own)
        else:  # no list of common words spoke against the sentence before
            language, confidence = guess(sentence)
            least = max(least, _UNLISTED_CONFIDENCE)
        if confidence < least or fits(language, target):
            return None
        # A language of other letters than the target's: the model sees a formula.
        return None if set(scripts_of(language)).isdisjoint(scripts_of(target)) else language


_TIMES_AS_SURE = 3  # of another language than of the target: lists of nouns look like anything
_UNLISTED_CONFIDENCE = 0.5
_JUDGED_SENTENCE_BYTES = 512
_SENTENCE_GAP_BYTES = 4  # a full stop and space between two sentences of one passage


def _by_language(words: NDArray[np.float64], target: str) -> list[Counter[str]]:
    """Sums words by text and script into words by language, each script for its main language."""
    home = [*scripts_of(target)]
    own = words[:, home].sum(axis=1)
    counters = [Counter({target: count} if count else {}) for count in own.tolist()]
    foreign = words.copy()
    foreign[:, home] = 0
    for row, script in zip(*np.nonzero(foreign), strict=True):
        japanese = script == Script.HAN and words[row, Script.KANA] > 0
        # Latin words among other scripts are English more often than anything else.
        language = "ja" if japanese else MAIN_LANGUAGE.get(Script(script), "en")
        counters[row][language] += words[row, script]
    return counters


def _sampled(marks: NDArray[np.int64], budget_bytes: int) -> NDArray[np.int64]:
    """Takes every so many sentences, so that they stay near the budget."""
    sizes = np.minimum(marks[:, 2] - marks[:, 1], _JUDGED_SENTENCE_BYTES)
    return marks[:: max(1, -(-int(sizes.sum()) // budget_bytes))]


def _columns(thought: Measured, answer: Measured, target: str) -> tuple[object, ...]:
    words = {language: round(count) for language, count in thought.words.items()}
    total = sum(words.values())
    own = words.get(target, 0)
    response = max(answer.words, key=answer.words.__getitem__, default=None)
    return (
        own / total if total and target else None,
        total,
        total - own,
        thought.span,
        [
            language
            for language in sorted(words, key=words.__getitem__, reverse=True)
            if words[language]
        ],
        response,
        response == target if response and target else None,
    )
