"""What the teacher is asked to make of a whole draft, and whether it may stand in its place."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cotfactory.splits.assistant import has_tags
from cotfactory.splits.place import Placed
from cotfactory.splits.smoothing import smoothing_objection
from cotfactory.splits.stitched import Draft, drafts, turn_of
from cotfactory.splits.written import Written
from cotfactory.splits.wrong import BREAK
from cotfactory_filters.verify.pool import VerifierPool
from cotfactory_schemas import Message, Trace

THOUGHT_TOKENS = 2048  # what a teacher that thinks may think before it writes
CHARS_PER_TOKEN = 2  # few enough for any language, so that no text is cut off by it

_TASK = """\
Problem:
{problem}

Below is what somebody thinks about it, as a draft put together from pieces: attempts that fail, \
how they notice it, and the path that succeeds. Write it out, in the language with the ISO \
code "{language}", as the thought of one person that flows from its start to its end. Keep every \
step of every part in its place, the wrong ones too, with all numbers and formulas as they are. \
Correct nothing, add no step and no result. An attempt does not know yet that it fails. Give the \
parts in the same order and in the same tags, and write nothing outside the tags.

{draft}\
"""
_PART = re.compile(r"<(attempt|reflection|path)>\s*(.*?)\s*</\1>", re.DOTALL)
_TAG = re.compile(r"</?(?:attempt|reflection|path)>")


@dataclass(frozen=True)
class WantedSmoothing:
    """A draft in `parts`, to be written out as one thought."""

    placed: Placed
    draft: Draft
    parts: tuple[str, ...]

    @property
    def key(self) -> str:
        """Its name among what the teacher wrote."""
        return self.draft.smoothing_key(self.parts)

    @property
    def max_tokens(self) -> int:
        """Room for a thought and for all parts."""
        return THOUGHT_TOKENS + sum(map(len, self.parts)) // CHARS_PER_TOKEN

    @property
    def messages(self) -> tuple[Message, ...]:
        """What the teacher is asked."""
        problem = self.placed.group.problem
        tagged = (
            f"<{name}>\n{part}\n</{name}>"
            for name, part in zip(self._names, self.parts, strict=True)
        )
        task = _TASK.format(
            problem=problem.prompt, language=problem.language, draft="\n\n".join(tagged)
        )
        return (Message(role="user", content=task),)

    @property
    def _names(self) -> list[str]:
        tried = len(self.parts) - 1
        return [("attempt", "reflection")[place % 2] for place in range(tried)] + ["path"]

    def read(self, text: str) -> tuple[str, ...]:
        """The parts that the teacher gave; none where they are not those that it was given."""
        found = _PART.findall(text)
        same = [name for name, _ in found] == self._names
        return tuple(part for _, part in found) if same else ()


def wanted_smoothings(
    chunk: Iterable[Placed], written: Mapping[str, Written]
) -> Iterator[WantedSmoothing]:
    """Yields the drafts that can be written out, with the reflections that are there."""
    for placed in chunk:
        for draft in drafts(placed):
            parts = draft.parts(placed.recipe, written)
            whole = BREAK.join(parts)
            if not has_tags(whole) and not _TAG.search(whole):
                yield WantedSmoothing(placed, draft, parts)


def smoothed(
    todo: Sequence[WantedSmoothing], texts: Mapping[str, str], pool: VerifierPool
) -> list[Written]:
    """Returns what is taken of each text: all of its parts, or none and why.

    A verifier judges the new turn, and the correct path for itself where the draft's holds the
    answer: a path that goes elsewhere must not stand before a right answer.
    """
    parts = [wanted.read(texts[wanted.key]) for wanted in todo]
    reasons = [
        smoothing_objection(w.parts, new, w.draft) if texts[w.key] else "no_answer"
        for w, new in zip(todo, parts, strict=True)
    ]
    asked = [
        (w.draft.right.problem, trace)
        for w, new, reason in zip(todo, parts, reasons, strict=True)
        if reason is None
        for trace in _to_be_judged(w, new)
    ]
    statuses = (verdict.status for verdict in pool.verify_all(asked))
    result = []
    for new, reason in zip(parts, reasons, strict=True):
        if reason is None:
            turn, before, after = next(statuses), next(statuses), next(statuses)
            lost = turn != "correct" or (before == "correct" != after)
            result.append(Written("", "verdict_lost") if lost else Written(json.dumps(new)))
        else:
            result.append(Written("", reason))
    return result


def _to_be_judged(wanted: WantedSmoothing, new: Sequence[str]) -> Iterator[Trace]:
    """The new turn; the correct path of the draft; the new one."""
    turn, right = turn_of(wanted.draft, new), wanted.draft.right.trace
    yield right.model_copy(
        update={"raw": turn.text, "reasoning": turn.thought, "response": turn.answer}
    )
    for path in (wanted.parts[-1], new[-1]):
        yield right.model_copy(update={"raw": path, "reasoning": "", "response": path})
