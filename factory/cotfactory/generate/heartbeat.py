"""Tells others how generating goes: the live display, and status.json for other processes."""

import json
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from cotfactory.generate.account import Account
from cotfactory.generate.scheduler import Scheduler
from cotfactory.store.run import RunWriter

log = logging.getLogger(__name__)

EVERY_S = 1.0
STATUS_FILE = "status.json"


class Heartbeat:
    """Reports at most once a second, and once at the end.

    Totals go on from those of earlier sessions; of one that was killed, from its last heartbeat.
    """

    def __init__(
        self, run: RunWriter, scheduler: Scheduler, progress: Callable[[dict[str, Any]], None]
    ) -> None:
        self._run = run
        self._scheduler = scheduler
        self._progress = progress
        self._began = time.monotonic()
        self._next = 0.0
        self._earlier = _earlier(run)

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

    def totals(self) -> dict[str, Any]:
        """The yield of all sessions of the run."""
        scheduler = self._scheduler
        total = scheduler.account.with_earlier(self._earlier)
        return total.report(scheduler.plan.settings.price)

    def _report(self, *, running: bool) -> None:
        facts = {
            "station": "generate",
            "running": running,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            **self.facts(),
        }
        self._write({**facts, "total": self.totals()})
        self._progress(facts)

    def _write(self, facts: dict[str, Any]) -> None:
        # Not durable on purpose: a heartbeat that a crash takes is worth no fsync a second.
        temporary = self._run.path / f".{STATUS_FILE}.tmp"
        try:
            temporary.write_text(json.dumps(facts), encoding="utf-8")
            temporary.replace(self._run.path / STATUS_FILE)
        except OSError as error:  # what fails for want of room says so itself
            log.warning("%s: no heartbeat: %s", temporary, error)


def _earlier(run: RunWriter) -> Account:
    try:
        found = json.loads((run.path / STATUS_FILE).read_text("utf-8"))["total"]
    except (OSError, ValueError, LookupError, TypeError):
        found = run.manifest.get("generate")
    return Account.recorded(found)
