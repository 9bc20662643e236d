"""What the teacher is asked to think on noticing that an attempt is wrong."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cotfactory.splits.place import Placed
from cotfactory.splits.smoothing import objection
from cotfactory.splits.stitched import Draft, drafts
from cotfactory.splits.written import Written
from cotfactory_schemas import Message

MAX_TOKENS = 1024  # a reflection is short; a thought before it need not be
TAIL_CHARS = 2000  # how much of a wrong attempt the teacher is shown

_TASK = """\
Problem:
{problem}

The end of an attempt at it:
{attempt}

The attempt is wrong. What is known of it: {fact}

Write, in the language with the ISO code "{language}", one to three sentences that the author of \
the attempt thinks on noticing this: what fails, named as exactly as you can, and that they turn \
back. Do not solve the problem, do not give its right answer, and write nothing but these \
sentences.\
"""


@dataclass(frozen=True)
class WantedReflection:
    """The reflection on one attempt of a draft."""

    placed: Placed
    draft: Draft
    place: int

    max_tokens = MAX_TOKENS

    @property
    def key(self) -> str:
        """Its name among what the teacher wrote."""
        return self.draft.key(self.place)

    @property
    def messages(self) -> tuple[Message, ...]:
        """What the teacher is asked."""
        attempt, problem = self.draft.wrong[self.place], self.placed.group.problem
        fact = attempt.reflection(self.placed.recipe.seed, self.draft.tried_before(self.place))
        task = _TASK.format(
            problem=problem.prompt,
            attempt=attempt.text[-TAIL_CHARS:],
            fact=fact,
            language=problem.language,
        )
        return (Message(role="user", content=task),)

    def taken(self, text: str) -> Written:
        """The teacher's text, unless there is something against it."""
        reason = objection(text, self.draft, self.place)
        return Written("", reason) if reason else Written(text)


def wanted_reflections(chunk: Iterable[Placed]) -> Iterator[WantedReflection]:
    """Yields the reflections of all drafts."""
    for placed in chunk:
        for draft in drafts(placed):
            for place in range(len(draft.wrong)):
                yield WantedReflection(placed, draft, place)
