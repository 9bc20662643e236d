"""Several servers as one: the least loaded is asked, and each is given what it can take."""

import math
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_FIRST_REST_S = 1.0
# Servers count requests by the minute. One that asks for more is asked once a minute all the same:
# that costs little, while a header that says ten days would keep the end of the run waiting.
_LONGEST_REST_S = 60.0


@dataclass
class Endpoint:
    """One server, and how many requests at a time it has shown to bear.

    The limit grows by one for each round of answers and halves when the server says that it is
    overloaded (additive increase, multiplicative decrease: Chiu and Jain 1989).
    """

    url: str
    limit: float
    most: int
    in_flight: int = 0
    answered_at: float = -1.0
    _rests_until: float = field(default=0.0, repr=False)
    _lowered_at: float = field(default=-1.0, repr=False)

    def answered(self) -> None:
        """An answer came."""
        self.answered_at = time.monotonic()
        self.limit = min(float(self.most), self.limit + 1 / self.limit)

    def overloaded(self, asked_at: float) -> None:
        """The server has too much; what was asked before the last decrease says nothing new."""
        if asked_at >= self._lowered_at:
            self.limit = max(1.0, self.limit / 2)
            self._lowered_at = time.monotonic()

    def rest(self, seconds: float) -> None:
        """Leaves the server alone for a while, if there are others."""
        self._rests_until = time.monotonic() + seconds

    def load(self) -> tuple[bool, float]:
        """Resting servers last, then by the share of the limit in use."""
        return time.monotonic() < self._rests_until, (self.in_flight + 1) / self.limit


def least_loaded(endpoints: Sequence[Endpoint]) -> Endpoint:
    """The one to ask next; equals are drawn at random."""
    return min(endpoints, key=lambda endpoint: (endpoint.load(), random.random()))  # noqa: S311


def backoff_s(attempt: int, asked_to_wait_s: float | None) -> float:
    """How long to wait before the next attempt: doubling, with full jitter; `attempt` from 0.

    A server's own word is waited for, and a little more, so that not all come back at once.
    """
    longest = min(_LONGEST_REST_S, _FIRST_REST_S * 2.0**attempt)
    if asked_to_wait_s is not None:
        return asked_to_wait_s + random.uniform(0, _FIRST_REST_S)  # noqa: S311
    return random.uniform(longest / 4, longest)  # noqa: S311


def retry_after_s(header: str | None) -> float | None:
    """How long a `Retry-After` (RFC 9110: seconds, or a date) asks to wait, a minute at most.

    None where there is none, or none that anyone could wait for: the past, no number, no end.
    """
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        seconds = _seconds_until(header)
    return min(seconds, _LONGEST_REST_S) if 0 <= seconds < math.inf else None


def _seconds_until(date: str) -> float:
    try:
        then = parsedate_to_datetime(date)
    except ValueError:
        return math.nan
    return (then.replace(tzinfo=then.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
