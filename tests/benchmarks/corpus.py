"""A corpus of trace-like texts with planted near-duplicates, and runs made of it.

Words follow a Zipf-like law, lengths a log-normal one; sentences and paragraphs are as long as in
reasoning traces, and every twentieth rare word is a formula. A fifth of the texts have a copy:
with other case and punctuation, or with so many words replaced that the Jaccard of the word 5-grams
comes near a stated value. Run as a script it describes what it makes.
"""

import itertools
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cotfactory.store.run import Run
from cotfactory_filters.verify.math import MathVerifier
from cotfactory_schemas import Message, Problem, Recipe, Trace, Verdict, ids

VOCABULARY = 50_000
MEAN_WORDS = 1_000  # 6 KB a text
LOG_SD = 0.75
SHINGLE_WORDS = 5
COPY_SHARE = 0.2
ANSWER = "The answer is \\boxed{1}."
JACCARDS = (1.0, 0.95, 0.85, 0.75, 0.60)
"""Of copies; 1.0 stands for other case and punctuation."""


COMMON = """the so is we of and to that this x let equals then be in it a if for with as are
which must now by have can find from or at one will all two not there on check wait number first
since but i each also means any more where has since three answer only get value both give than
because case even no would same sum need other use when into next they case still same here know
left right point take make after again last these four over up out see way want need does did
between other just like every another such before less must since while without given total"""
"""What the commonest words are, so that what looks at languages sees English."""


SEPARATORS = (" ", ", ", ". ", ".\n\n", ": ")
SEPARATOR_SHARES = (0.875, 0.04, 0.055, 0.025, 0.005)


class Text(NamedTuple):
    """A thought of a family: an original and its copy, if it has one, at a planted Jaccard.

    `fault` names what else was planted in it.
    """

    text: str
    family: int
    jaccard: float | None
    fault: str = ""


def texts(megabytes: float, seed: int = 0, mean_words: int = MEAN_WORDS) -> Iterator[Text]:
    """Yields texts until so many megabytes are made; a family's are not next to each other."""
    rng = np.random.default_rng(seed)
    writer = _Writer(rng, mean_words)
    made, family, waiting = 0.0, 0, list[Text]()
    while made < megabytes * 1e6 or waiting:
        if made < megabytes * 1e6 and (len(waiting) < 50 or rng.random() < 0.8):
            words = writer.words()
            text = Text(writer.written(words), family, None)
            if rng.random() < COPY_SHARE:
                waiting.append(writer.copy(words, family))
            family += 1
        else:
            text = waiting.pop(int(rng.integers(len(waiting))))
        made += len(text.text)
        yield text


class _Writer:
    """Draws words, and writes them down."""

    def __init__(self, rng: np.random.Generator, mean_words: int) -> None:
        self._rng = rng
        self._mean_words = mean_words
        self._vocabulary = _vocabulary(np.random.default_rng(0))
        weights = 1 / (np.arange(VOCABULARY) + 2.7) ** 1.1
        self._law = np.cumsum(weights) / weights.sum()
        self._separators = np.array(SEPARATORS, object)
        self._ends = np.cumsum(SEPARATOR_SHARES)

    def words(self, count: int = 0) -> NDArray[np.int64]:
        """Returns so many words, or as many as a text has."""
        length = np.clip(self._rng.lognormal(0, LOG_SD), 0.1, 20) * self._mean_words * 0.75
        return np.searchsorted(self._law, self._rng.random(count or int(length)))

    def written(self, words: NDArray[np.int64]) -> str:
        """Returns the words as sentences and paragraphs."""
        ends = np.searchsorted(self._ends, self._rng.random(len(words)))
        pieces = np.empty((len(words), 2), object)
        pieces[:, 0] = self._vocabulary[words]
        pieces[:, 1] = self._separators[np.minimum(ends, len(SEPARATORS) - 1)]
        return "".join(pieces.ravel())

    def copy(self, words: NDArray[np.int64], family: int) -> Text:
        """Returns a copy at one of JACCARDS."""
        jaccard = float(self._rng.choice(JACCARDS))
        if jaccard == 1.0:
            return Text(self.written(words).upper(), family, jaccard)
        surviving = 2 * jaccard / (1 + jaccard)  # of shingles: each is lost with any of its words
        replaced = self._rng.random(len(words)) < 1 - surviving ** (1 / SHINGLE_WORDS)
        changed = np.where(replaced, self.words(len(words)), words)
        return Text(self.written(changed), family, jaccard)


def _vocabulary(rng: np.random.Generator) -> NDArray[np.object_]:
    letters = np.array(list("etaoinshrdlcumwfgypbvk"))
    words = ["".join(rng.choice(letters, size)) for size in rng.integers(4, 11, VOCABULARY)]
    words[::20] = [f"\\(x_{n} + {7 * n}\\)" for n in range(len(words[::20]))]
    words[: len(COMMON.split())] = COMMON.split()
    return np.array(words, object)


GROUP_TEXTS = 256


def make_run(path: Path, made: Iterable[Text], recipe: Recipe, prefix: str = "Question") -> Run:
    """Adds to a run one trace a problem; a trace's `source_id` is its fault."""
    numbered = enumerate(made)
    with Run.open(path, recipe) as run:
        while group := list(itertools.islice(numbered, GROUP_TEXTS)):
            run.append(itertools.chain.from_iterable(_rows(f"{prefix} {n}", t) for n, t in group))
    return Run.read(path)


def _rows(question: str, text: Text) -> tuple[Problem, Trace, Verdict]:
    asked = Message(role="user", content=question)
    problem = Problem(
        messages=(asked,), domain="math", reference="1", verifier="math", source="benchmark"
    )
    trace = Trace(
        trace_id=ids.trace_id(problem.problem_id, "benchmark", 0),
        problem_id=problem.problem_id,
        sample=0,
        teacher="benchmark",
        model="benchmark",
        raw=f"<think>{text.text}</think>{ANSWER}",
        reasoning=text.text,
        response=ANSWER,
        layout="think",
        finish_reason="stop",
        source_id=text.fault,
    )
    verdict = Verdict(
        trace_id=trace.trace_id,
        status="correct",
        verifier="math",
        version=MathVerifier.version,
        extracted="1",
    )
    return problem, trace, verdict


if __name__ == "__main__":
    sample = list(texts(2.0))
    sizes = np.array([len(text.text) for text in sample])
    print(
        f"2 MB are {len(sample)} texts, {sizes.mean():.0f} bytes each ({sizes.max()} at most), "
        f"{sum(text.jaccard is not None for text in sample)} of them copies"
    )
    sys.exit(0)
