"""Finds the final answer that a trace states, and says which way it was found.

Only the response counts: what stands in the middle of a thought is not an answer. An explicit mark
(a box, an answer tag, a JSON field, a phrase) goes before a guess from the last line.
"""

import re
from typing import NamedTuple

from cotfactory_filters.verify.boxes import last_boxes
from cotfactory_filters.verify.phrases import LABEL, PHRASE, PROSE_WORD, stated
from cotfactory_schemas import Trace

TAIL_CHARS = 3000  # phrases are sought no further from the end than this
UNFINISHED_CHARS = 300  # how near its end a text that was cut off must give its answer
WHOLE_CHARS = 80  # a response no longer than this, in one line, is itself the answer …
SENTENCE_WORDS = 4  # … unless it has so many words: then it is a sentence that says the answer

_ANSWER_TAG = re.compile(r"<answer>(.*?)(</answer>|\Z)", re.IGNORECASE | re.DOTALL)
_JSON_FIELD = re.compile(
    r'"(?:final[_ ])?answer"\s*:\s*(?:"((?:[^"\\]|\\.)*)"|(\[[^\[\]]*\]|-?[\d.,/]+|true|false))',
    re.IGNORECASE,
)
_JSON_ESCAPE = re.compile(r'\\(?:\\|"|/|u[0-9a-fA-F]{4}|[nrt](?![A-Za-z]))')
_HASH_MARKS = re.compile(r"^[ \t]*####[ \t]*(\S.*?)[ \t]*$", re.MULTILINE)
_BOLD = re.compile(r"\*\*([^*\n]+)\*\*")
_MATH_SPAN = re.compile(r"\$\$?([^$]+)\$\$?|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
_REASON = re.compile(r"\s+(?:because|since|which)\s.*\Z", re.IGNORECASE | re.DOTALL)
_SENTENCES = re.compile(r"(?<=[.!?])\s+(?=\S)|。(?=.)")
_SENTENCE_END = re.compile(r"[.!?)\]}$*`\d。！？।]\s*\Z")
_FORMULA_LIKE = re.compile(r"\d|\\|\$")


class Found(NamedTuple):
    """An answer as written, and the way it was found: the value of `Verdict.found`."""

    text: str
    how: str


class Missing(NamedTuple):
    """Why there is no final answer, as one sentence."""

    reason: str


def final_answer(trace: Trace, *, guess: bool = True) -> Found | Missing:
    """Returns the final answer of `trace`.

    An empty response has no answer, even when the thought before it names one: the thought may be
    cut off, and a trace that never states its answer is no trace to learn from. A response that
    was cut off counts when it follows a separate thought, or when its answer stands at the very
    end. `guess` allows the last line where there is no mark, if the text comes to an end.
    """
    text, finished = trace.response, trace.finish_reason != "length"
    if not text.strip():
        return Missing("the response is empty")
    if not finished and not trace.reasoning:
        text = text[-UNFINISHED_CHARS:]
    found = marked_answer(text, finished=finished)
    if found is None and guess and finished and _ends(text, trace.finish_reason):
        found = last_line_answer(text)
    return found or Missing("the response states no final answer")


def _ends(text: str, finish_reason: str) -> bool:
    """Whether a text came to its end; where nothing is known, whether it reads so."""
    if finish_reason == "stop":
        return True
    short = len(text.strip()) <= WHOLE_CHARS and "\n" not in text.strip()
    return short or bool(_SENTENCE_END.search(text))


def marked_answer(text: str, *, finished: bool = True) -> Found | None:
    """Returns the answer that `text` marks as final: its last mark.

    An announcement ("the answer is 5") counts where there is no mark, and after the last mark only
    where it says "final answer" and gives something like a formula.
    """
    marks = [mark for mark in (_answer_tag(text, finished=finished), _json_field(text)) if mark]
    marks += [mark for mark in (_boxed(text), _hash_marks(text)) if mark]
    start = max(0, len(text) - TAIL_CHARS)
    if not marks:
        phrase = _phrase(text, start, finished=finished)
        return _unwrapped(phrase[1]) if phrase else None
    last = max(marks)
    if "final" in text[last[0] :].lower():
        phrase = _phrase(text, max(start, last[0]), finished=finished)
        if phrase and "final" in phrase[2].lower() and _FORMULA_LIKE.search(phrase[1].text):
            last = phrase[:2]
    return _unwrapped(last[1])


def last_line_answer(text: str) -> Found | None:
    """Guesses the answer from the last line: a formula, bold text, or what a sentence states."""
    line = text.strip().rsplit("\n", 1)[-1].strip()[-TAIL_CHARS:]
    words = len(PROSE_WORD.findall(_MATH_SPAN.sub(" ", line)))
    if line == text.strip() and len(line) <= WHOLE_CHARS and words < SENTENCE_WORDS:
        return Found(line, "whole") if line else None
    bold = [part for part in _BOLD.findall(line) if _FORMULA_LIKE.search(part)]
    if bold:
        return Found(_bare_number(bold[-1].strip()), "bold")
    spans = [next(filter(None, groups)) for groups in _MATH_SPAN.findall(text[-WHOLE_CHARS * 5 :])]
    if line in ("\\]", "$$"):
        return Found(spans[-1].strip(), "last_line") if spans else None
    if not words:
        whole = line.count("{") == line.count("}") and _FORMULA_LIKE.search(line)
        return Found(line, "last_line") if whole else None
    mention = stated(_SENTENCES.split(line)[-1])
    return Found(mention, "last_line") if mention else None


def _bare_number(text: str) -> str:
    """Keeps the number of `3 页` or `12 apples`; in a CJK text the unit follows without a space."""
    mention = stated(text)
    return mention if mention and "\\" not in text else text


_Mark = tuple[int, Found]


def _answer_tag(text: str, *, finished: bool) -> _Mark | None:
    start = text.lower().rfind("<answer>")
    tag = _ANSWER_TAG.match(text, start) if start >= 0 else None
    if tag is None or not tag[1].strip() or not (tag[2] or finished):
        return None
    return start, Found(tag[1].strip(), "answer_tag")


def _json_field(text: str) -> _Mark | None:
    start = max(text.rfind('"answer"'), text.rfind('"final_answer"'))
    field = _JSON_FIELD.match(text, start) if start >= 0 else None
    if field is None:
        return None
    value = _json_text(field[1]) if field[1] is not None else field[2]
    return (start, Found(value.strip(), "json")) if value.strip() else None


def _json_text(escaped: str) -> str:
    r"""Undoes the escapes of a JSON string that may hold LaTeX written with single backslashes.

    Models write `"\frac12"` where JSON wants `"\\frac12"`: a backslash and a letter that begins a
    word is LaTeX, not a form feed.
    """
    return _JSON_ESCAPE.sub(_unescaped, escaped)


def _unescaped(escape: re.Match[str]) -> str:
    kind, digits = escape[0][1], escape[0][2:]
    if kind == "u":
        return chr(int(digits, base=16))
    return " " if kind in "nrt" else kind


def _boxed(text: str) -> _Mark | None:
    boxes = last_boxes(text)
    return (boxes[0], Found(boxes[1], "boxed")) if boxes else None


def _hash_marks(text: str) -> _Mark | None:
    lines = list(_HASH_MARKS.finditer(text, max(0, len(text) - TAIL_CHARS)))
    return (lines[-1].start(), Found(lines[-1][1], "hash_marks")) if lines else None


def _phrase(text: str, start: int, *, finished: bool) -> tuple[int, Found, str] | None:
    """Returns position, answer and the whole of the last announcement after `start`."""
    for how, pattern in (("phrase", PHRASE), ("label", LABEL)):
        phrases = [m for m in pattern.finditer(text, start) if m["answer"].strip(" *.$")]
        if not phrases:
            continue
        last = phrases[-1]
        while inner := pattern.search(text, last.start("answer")):  # announced in its own line
            if not inner["answer"].strip(" *.$"):
                break
            last = inner
        if last.end() >= len(text.rstrip()) and not finished:
            continue
        answer = _REASON.sub("", last["answer"]).strip().removesuffix("**").strip(" ।")
        return last.start(), Found(answer, how), last[0]
    return None


def _unwrapped(found: Found) -> Found:
    """Takes the box out of an answer tag, a JSON field or a phrase that holds one."""
    boxes = last_boxes(found.text)
    return Found(boxes[1], "boxed") if boxes else found
