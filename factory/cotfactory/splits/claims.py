"""Finds what thoughts claim on their way; in a large run in processes beside, a chunk ahead."""

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple, TypeVar

from cotfactory import interrupts
from cotfactory.splits.group import Judged, Sample
from cotfactory_filters.annotate.candidates import Candidate, find_candidates
from cotfactory_filters.annotate.revisions import Revision, find_revisions
from cotfactory_schemas.verdict import Status

VERIFIERS_OF_ANSWERS = frozenset({"choice", "gym", "literal", "math", "numeric", "text"})
"""Verifiers that judge a short answer; for the others a stated answer is not the whole answer."""
LARGE_TRACES = 20_000  # in fewer, a second process has hardly started before the first is done

C = TypeVar("C")


class Thought(NamedTuple):
    """A thought to search; `numbers` says that its problem asks for one."""

    text: str
    numbers: bool


class Claims(NamedTuple):
    """What a thought states as the answer, and what it gives two values, one after the other."""

    stated: Sequence[Candidate]
    revised: Sequence[Revision]

    @property
    def asked(self) -> Iterator[Candidate]:
        """All that is to be judged, in the order in which `judged` takes the verdicts."""
        yield from self.stated
        for revision in self.revised:
            yield from revision

    def judged(self, statuses: Iterator[Status]) -> list[Judged]:
        """The stated answers, and the values that were wrong and became right, in order."""
        found = [Judged(candidate, next(statuses)) for candidate in self.stated]
        for revision in self.revised:
            first, last = next(statuses), next(statuses)
            if (first, last) == ("incorrect", "correct"):
                found.append(Judged(revision.first, first))
        return sorted(found, key=lambda judged: judged.candidate)


Search = Callable[[Sequence[Sample]], "Future[list[Claims | None]]"]
"""Begins to look for the claims of samples; None where nobody looks for any."""


@contextmanager
def searching(traces: int, workers: int) -> Iterator[Search]:
    """Yields a search for a run of so many traces."""
    if workers == 1 or traces < LARGE_TRACES:
        yield _search_here
        return
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"))

    def search(samples: Sequence[Sample]) -> "Future[list[Claims | None]]":
        with interrupts.held():
            return pool.submit(find_claims, thoughts(samples))

    try:
        yield search
    finally:
        pool.shutdown(cancel_futures=True)


def searched(
    chunks: Iterable[C], search: Callable[[C], "Future[list[Claims | None]]"], ahead: int
) -> Iterator[tuple[C, list[Claims | None]]]:
    """Yields the chunks with their claims; the search is so many chunks ahead."""
    begun: deque[tuple[C, Future[list[Claims | None]]]] = deque()
    for chunk in chunks:
        begun.append((chunk, search(chunk)))
        if len(begun) > ahead:
            first, claims = begun.popleft()
            yield first, claims.result()
    for chunk, claims in begun:
        yield chunk, claims.result()


def thoughts(samples: Sequence[Sample]) -> list[Thought | None]:
    """Returns the thoughts of the kept samples whose answers a verifier can judge."""
    return [
        Thought(sample.turn.thought, _is_number(sample.problem.reference))
        if sample.kept and sample.problem.verifier in VERIFIERS_OF_ANSWERS
        else None
        for sample in samples
    ]


def find_claims(given: Sequence[Thought | None]) -> list[Claims | None]:
    """Returns what each thought claims."""
    return [thought and _claims(thought) for thought in given]


def _search_here(samples: Sequence[Sample]) -> "Future[list[Claims | None]]":
    done: Future[list[Claims | None]] = Future()
    done.set_result(find_claims(thoughts(samples)))
    return done


def _claims(thought: Thought) -> Claims:
    stated = find_candidates(thought.text)
    if not thought.numbers:
        return Claims(stated, ())
    # "The answer is the sum of …" states no number: a claim about words is no wrong answer.
    numbers = [c for c in stated if any(char.isdigit() for char in c.text)]
    revised = find_revisions(thought.text)
    return Claims(numbers, [r for r in revised if not any(_overlap(r.first, c) for c in stated)])


def _overlap(one: Candidate, other: Candidate) -> bool:
    return one.start < other.end and other.start < one.end


def _is_number(reference: str | None) -> bool:
    return reference is not None and any(char.isdigit() for char in reference)
