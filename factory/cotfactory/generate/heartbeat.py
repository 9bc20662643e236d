"""Tells others how generating goes: the live display, and status.json for other processes."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from cotfactory.generate.scheduler import Scheduler
from cotfactory.store.run import RunWriter

EVERY_S = 1.0
STATUS_FILE = "status.json"


class Heartbeat:
    """Reports at most once a second, and once at the end."""

    def __init__(
        self, run: RunWriter, scheduler: Scheduler, progress: Callable[[dict[str, Any]], None]
    ) -> None:
        self._run = run
        self._scheduler = scheduler
        self._progress = progress
        self._began = time.monotonic()
        self._next = 0.0

    def tick(self) -> None:
        """Reports when it is time to."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + EVERY_S
            self._report(running=True)

    def last(self) -> None:
        """Reports the end of the session."""
        self._report(running=False)

    def facts(self) -> dict[str, Any]:
        """The yield so far; `problems_by_outcome` covers the problems that were looked at."""
        scheduler = self._scheduler
        return {
            **scheduler.account.report(scheduler.plan.settings.price),
            "in_flight": scheduler.in_flight,
            "unjudged": scheduler.unjudged,
            "open_problems": scheduler.plan.active,
            "problems_by_outcome": dict(scheduler.plan.outcomes),
            "session_s": round(time.monotonic() - self._began, 3),
        }

    def _report(self, *, running: bool) -> None:
        facts = {
            "station": "generate",
            "running": running,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            **self.facts(),
        }
        # Not durable on purpose: a heartbeat that a crash takes is worth no fsync a second.
        temporary = self._run.path / f".{STATUS_FILE}.tmp"
        temporary.write_text(json.dumps(facts), encoding="utf-8")
        temporary.replace(self._run.path / STATUS_FILE)
        self._progress(facts)
