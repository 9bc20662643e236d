"""The assistant turn of a published row: one thought inside <think> tags, then the answer."""

import json
import re
from typing import NamedTuple

from cotfactory_schemas import Problem, Trace
from cotfactory_schemas.split import ThoughtFrom

OPEN, CLOSE = "<think>\n", "\n</think>\n\n"
THOUGHT_START = len(OPEN)
"""Where the thought starts in the turn, in characters."""

MIN_WORDS = 2  # rows of a grid or a bare number are no thought

_WORD = re.compile(r"[^\W\d_]{2,}")
_HAN = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_TAG = re.compile(r"</?think>", re.IGNORECASE)
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_SENTENCE_END = re.compile(r"(?<=[.!?])[ \t]+(?=[A-Z\\*])|(?<=[。！？])|\n")


class Turn(NamedTuple):
    """A thought and an answer, both stripped; `thought_from` says where the thought was found."""

    thought: str
    answer: str
    thought_from: ThoughtFrom

    @property
    def text(self) -> str:
        """The assistant turn."""
        return f"{OPEN}{self.thought}{CLOSE}{self.answer}"

    @property
    def tagged(self) -> bool:
        """Whether a think tag stands inside, so that the turn would hold more than one pair."""
        return has_tags(self.thought) or has_tags(self.answer)


def has_tags(text: str) -> bool:
    """Whether `text` holds an opening or closing think tag."""
    return _TAG.search(text) is not None


def wants_thought(problem: Problem) -> bool:
    """Whether a row of this problem is to have a thought."""
    return problem.kind == "reasoning" and problem.thought != "none"


def read_turn(problem: Problem, trace: Trace, extracted: str | None) -> Turn:
    """Reads the turn out of a trace whose verifier found the answer `extracted`.

    A teacher that was not made to think in tags reasons in its answer. Of such an answer to a
    problem that wants a thought, all that comes before the conclusion is the thought; nothing is
    invented or lost but the white space between. A JSON answer gives its fields `reasoning` and
    `answer`. Problems that want no thought keep an empty one.
    """
    thought, response = trace.reasoning.strip(), trace.response.strip()
    if thought:
        return Turn(thought, response, "thought")
    if wants_thought(problem):
        if '"reasoning"' in response:
            return _read_json(response)
        begun = _handed_back(trace, response)
        if cut := _conclusion_start(response[begun:], extracted):
            cut += begun
            return Turn(response[:cut].strip(), response[cut:].strip(), "response")
    return Turn("", response, "none")


def _handed_back(trace: Trace, response: str) -> int:
    """Where the teacher's own words start again, behind the reflection it was handed; else 0."""
    told = trace.extra.get("reflection")
    at = response.find(told) if isinstance(told, str) and told else -1
    return at + len(str(told)) if at >= 0 else 0


def _read_json(response: str) -> Turn:
    """Reads the object's fields; one that cannot be read has no thought: it is not cut in two."""
    try:
        found = json.loads(response[response.find("{") : response.rfind("}") + 1], strict=False)
        thought, answer = str(found["reasoning"]).strip(), str(found["answer"]).strip()
    except (ValueError, KeyError, TypeError, RecursionError):
        return Turn("", response, "none")
    return Turn(thought, answer, "response") if thought else Turn("", response, "none")


def _conclusion_start(response: str, extracted: str | None) -> int:
    """Where the paragraph, else the sentence, starts that states the answer last; 0 if nowhere.

    What comes before must be words of reasoning; an answer tag is not cut in two.
    """
    stated = response.rfind(extracted) if extracted else -1
    tagged = response.rfind("<answer>")
    last = min((at for at in (stated, tagged) if at >= 0), default=len(response) - 1)
    for boundary in (_BLANK_LINE, _SENTENCE_END):
        starts = [m.end() for m in boundary.finditer(response, 0, last + 1) if m.end() <= last]
        if starts and _reasons(response[: starts[-1]].strip()):
            return starts[-1]
    return 0


def _reasons(text: str) -> bool:
    """Whether a text has a few words, and is not one sentence that announces what follows."""
    announces = text.endswith((":", "：")) and _SENTENCE_END.search(text) is None
    words = len(_WORD.findall(text)) + len(_HAN.findall(text)) // 2
    return words >= MIN_WORDS and not announces
