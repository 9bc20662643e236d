"""Writes how a thinker turns back from a wrong attempt: what fails, in the problem's language.

The sentences live in `phrases/<language>.toml`, one file a language. Which of them a reflection
takes is drawn from a content hash, so that the wording varies and a second build repeats it.
"""

import functools
import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any, Literal, NamedTuple

from cotfactory_schemas.ids import content_id

FALLBACK = "en"
MAX_ANSWER_CHARS = 60
MAX_DETAIL_CHARS = 300
SENTENCE_WORDS = 3  # an answer of so many words does not fit into a sentence about it

Check = Literal["value", "again", "equation", "step", "test", "constraint"]

_SENTENCE_END = re.compile(r"[.!?](?=\s)|[。！？]")
_WORD = re.compile(r"(?<!\\)\b[^\W\d_]{2,}")
_SLOT = re.compile(r"\{(\w+)\}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_LATEX = re.compile(r"\\[A-Za-z]|[_^]")


class Failure(NamedTuple):
    """The check that a wrong attempt fails, and what its sentence names.

    `value`: answer. `again`: answer, and other, an earlier wrong one. `equation`: claim, left,
    truth. `step`, `test`, `constraint`: detail, a sentence.
    """

    check: Check
    values: Mapping[str, str]


def languages() -> list[str]:
    """Returns the languages that have phrases."""
    names = (file.name for file in _folder().iterdir())
    return sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml"))


def reflect(failure: Failure, language: str, *key: str | int) -> str:
    """Returns the reflection on `failure`; `key` is what its wording is drawn from."""
    phrases = _phrases(language)

    def draw(slot: str, options: list[str]) -> str:
        return options[int(content_id("reflection", slot, *key), 16) % len(options)]

    # One reflection in four does without a word of alarm, another one without an announcement.
    form = int(content_id("reflection", "form", *key), 16) % 4
    sentences = [_filled(draw("what", phrases[failure.check]), failure.values, phrases["this"])]
    if form != 0:
        sentences.insert(0, draw("opening", phrases["opening"]))
    if form != 1:
        sentences.append(draw("turn", phrases["turn"]))
    joint: str = phrases["space"]
    return joint.join(sentences)


def one_line(text: str, limit: int = MAX_DETAIL_CHARS) -> str:
    """Returns `text` on one line, cut after a sentence, else a word, to at most `limit` chars."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    sentences = list(_SENTENCE_END.finditer(line, 0, limit))
    return line[: sentences[-1].end()] if sentences else line[:limit].rsplit(" ", 1)[0] + " …"


def _filled(sentence: str, values: Mapping[str, str], this: str) -> str:
    """Fills the slots in one pass: what is filled in is never read for slots again."""
    filled = _SLOT.sub(lambda slot: _value(slot[1], values[slot[1]], this), sentence)
    # A variable keeps its case; only our own words open a sentence with a capital.
    return this[:1].upper() + filled[1:] if filled.startswith(this) else filled


def _value(slot: str, text: str, this: str) -> str:
    if slot == "detail":
        return one_line(text)
    text = text.strip(" .\n")
    sentence = len(_WORD.findall(text)) >= SENTENCE_WORDS and slot in {"answer", "other"}
    if len(text) > MAX_ANSWER_CHARS or "\n" in text or not text or sentence:
        return this
    return f"${text}$" if _LATEX.search(text) and "$" not in text else text


def _folder() -> Any:  # noqa: ANN401 - importlib's Traversable moved between Python versions
    return resources.files("cotfactory.splits") / "phrases"


@functools.cache
def _phrases(language: str) -> dict[str, Any]:
    file = _folder() / f"{language if _LANGUAGE.fullmatch(language) else FALLBACK}.toml"
    if not file.is_file():
        return _phrases(FALLBACK)
    return tomllib.loads(file.read_text(encoding="utf-8"))
