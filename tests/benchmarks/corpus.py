"""A corpus of trace-like texts with planted near-duplicates, and runs made of it.

Words follow a Zipf-like law, lengths a log-normal one. A fifth of the texts have a copy: with
other case and space, or with so many words replaced that the Jaccard of the word 5-grams comes
near a stated value. Run as a script it describes what it makes.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cotfactory.store.run import Run
from cotfactory_schemas import Message, Problem, Recipe, Trace, Verdict, ids

VOCABULARY = 50_000
MEAN_WORDS = 1_000
LOG_SD = 0.75
SHINGLE_WORDS = 5
COPY_SHARE = 0.2
ANSWER = "1"
JACCARDS = (1.0, 0.95, 0.85, 0.75, 0.60)
"""Of copies; 1.0 stands for other case and space."""


COMMON = """the so is we of and to that this x let equals then be in it a if for with as are
which must now by have can find from or at one will all two not there on check wait number first
since but i each also means any more where has since three answer only get value both give than
because case even no would same sum need other use when into next they case still same here know
left right point take make after again last these four over up out see way want need does did
between other just like every another such before less must since while without given total"""
"""What the commonest words are, so that what looks at languages sees English."""


class Text(NamedTuple):
    """A thought of a family: an original and its copy, if it has one, at a planted Jaccard."""

    text: str
    family: int
    jaccard: float | None


def texts(megabytes: float, seed: int = 0) -> Iterator[Text]:
    """Yields texts until so many megabytes are made; a family's are not next to each other."""
    rng = np.random.default_rng(seed)
    vocabulary = _vocabulary(rng)
    weights = 1 / (np.arange(VOCABULARY) + 2.7) ** 1.05
    law = np.cumsum(weights) / weights.sum()
    made, family, waiting = 0.0, 0, list[Text]()
    while made < megabytes * 1e6 or waiting:
        if made < megabytes * 1e6 and (len(waiting) < 50 or rng.random() < 0.8):
            words = _words(
                rng, law, int(np.clip(rng.lognormal(0, LOG_SD), 0.1, 20) * MEAN_WORDS * 0.75)
            )
            text = Text(" ".join(vocabulary[words]), family, None)
            if rng.random() < COPY_SHARE:
                waiting.append(_copy(rng, law, vocabulary, words, family))
            family += 1
        else:
            text = waiting.pop(int(rng.integers(len(waiting))))
        made += len(text.text)
        yield text


def _vocabulary(rng: np.random.Generator) -> NDArray[np.object_]:
    letters = np.array(list("etaoinshrdlcumwfgypbvk"))
    sizes = rng.integers(2, 10, VOCABULARY)
    words = ["".join(rng.choice(letters, size)) for size in sizes]
    words[: len(COMMON.split())] = COMMON.split()
    ends = rng.choice(["", "", "", "", "", "", ",", ".", ".\n\n", ":"], VOCABULARY)
    return np.array([w + e for w, e in zip(words, ends, strict=True)], object)


def _words(rng: np.random.Generator, law: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    return np.searchsorted(law, rng.random(count))


def _copy(
    rng: np.random.Generator,
    law: NDArray[np.float64],
    vocabulary: NDArray[np.object_],
    words: NDArray[np.int64],
    family: int,
) -> Text:
    jaccard = float(rng.choice(JACCARDS))
    if jaccard == 1.0:
        return Text("\n".join(vocabulary[words]).upper(), family, jaccard)
    surviving = 2 * jaccard / (1 + jaccard)  # of shingles: each is lost with any of its words
    replaced = rng.random(len(words)) < 1 - surviving ** (1 / SHINGLE_WORDS)
    changed = np.where(replaced, _words(rng, law, len(words)), words)
    return Text(" ".join(vocabulary[changed]), family, jaccard)


def make_run(path: Path, made: Iterator[Text], recipe: Recipe, prefix: str = "Question") -> Run:
    """Adds to a run one trace a problem; a trace's `source_id` is its family."""
    with Run.open(path, recipe) as run:
        for number, text in enumerate(made):
            asked = Message(role="user", content=f"{prefix} {number}")
            problem = Problem(messages=(asked,), reference="1", source="benchmark")
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
                source_id=str(text.family),
            )
            verdict = Verdict(trace_id=trace.trace_id, status="correct", verifier="none", version=1)
            run.append([problem, trace, verdict])
    return Run.read(path)


if __name__ == "__main__":
    sample = list(texts(2.0))
    sizes = np.array([len(text.text) for text in sample])
    print(
        f"2 MB are {len(sample)} texts, {sizes.mean():.0f} bytes each ({sizes.max()} at most), "
        f"{sum(text.jaccard is not None for text in sample)} of them copies"
    )
    sys.exit(0)
