"""Remembers judgements, and lets equal questions that are under way wait for one answer."""

import threading
from collections.abc import Callable

from cotfactory_filters.verify.answer import Judgement, Question
from cotfactory_schemas import Verdict

Outcome = Judgement | Verdict | None
Settle = Callable[[Outcome, float], None]
"""Takes the outcome (None: cancelled) and the seconds it took."""

MAX_REMEMBERED = 50_000  # of 2,000 characters at most: some 100 MB when all are that long

_Key = tuple[str, Question]


class Memo:
    """Judgements by verifier name and question. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[_Key, Judgement] = {}
        self._waiting: dict[_Key, list[Settle]] = {}

    def known(self, verifier: str, question: Question) -> Judgement | None:
        """Returns the judgement, when there is one."""
        return self._known.get((verifier, question))

    def remember(self, verifier: str, question: Question, judged: Judgement) -> None:
        """Keeps a judgement; the oldest are forgotten."""
        with self._lock:
            self._known[verifier, question] = judged
            if len(self._known) > MAX_REMEMBERED:
                del self._known[next(iter(self._known))]

    def wait(self, verifier: str, question: Question, settle: Settle) -> bool:
        """Has `settle` called with the judgement; True when the caller has to ask for it."""
        with self._lock:
            judged = self._known.get((verifier, question))
            if judged is None:
                waiting = self._waiting.setdefault((verifier, question), [])
                waiting.append(settle)
                return len(waiting) == 1
        settle(judged, 0.0)
        return False

    def settle(self, verifier: str, question: Question, judged: Outcome, seconds: float) -> None:
        """Gives the judgement to all who wait; None tells them that none will come."""
        if isinstance(judged, Judgement):
            self.remember(verifier, question, judged)
        with self._lock:
            waiting = self._waiting.pop((verifier, question), [])
        for settle in waiting:
            settle(judged, seconds)
