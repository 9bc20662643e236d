"""Shows how work goes: live lines on a terminal, one JSON object a line everywhere else."""

import json
import logging
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Literal, Protocol, Self

Mode = Literal["auto", "terminal", "json", "quiet"]
JSON_EVERY_S = 5.0


class Display(Protocol):
    """Takes what stations report; a context manager, since a terminal wants to be left tidy."""

    def __enter__(self) -> Self:
        """Starts showing."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Ends showing; what was shown stays."""
        ...

    def stage(self, name: str, done: int, total: int | None) -> None:
        """Shows that a station has done so much."""
        ...

    def generating(self, facts: Mapping[str, Any]) -> None:
        """Shows the yield of generating so far."""
        ...

    def say(self, event: str, text: str, **facts: Any) -> None:  # noqa: ANN401 - JSON values
        """Says a thing once: `text` to people, `facts` to programs."""
        ...


def make_display(mode: Mode) -> Display:
    """Returns the display for `mode`; `auto` looks whether a person watches."""
    if mode == "quiet":
        return QuietDisplay()
    if mode == "terminal" or (mode == "auto" and sys.stdout.isatty()):
        from cotfactory.terminal import TerminalDisplay  # noqa: PLC0415 - rich is slow to import

        return TerminalDisplay()
    return JsonDisplay()


class QuietDisplay:
    """Shows nothing but warnings."""

    def __enter__(self) -> Self:
        """Starts showing."""
        logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Has nothing to tidy."""

    def stage(self, name: str, done: int, total: int | None) -> None:
        """Stays quiet."""

    def generating(self, facts: Mapping[str, Any]) -> None:
        """Stays quiet."""

    def say(self, event: str, text: str, **facts: Any) -> None:  # noqa: ANN401
        """Stays quiet."""


class JsonDisplay(QuietDisplay):
    """Writes JSON lines to standard output: progress every few seconds, events at once."""

    def __init__(self) -> None:
        self._next: dict[str, float] = {}

    def __enter__(self) -> Self:
        """Makes log records JSON lines too."""
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(_JsonFormatter())
        logging.basicConfig(level=logging.WARNING, handlers=[handler])
        return self

    def stage(self, name: str, done: int, total: int | None) -> None:
        """Writes a progress line when the last is some seconds old, and at the end."""
        if self._due(name) or done == total:
            _write("progress", stage=name, done=done, total=total)

    def generating(self, facts: Mapping[str, Any]) -> None:
        """Writes the yield when the last line is some seconds old, and at the end."""
        if self._due("generate") or not facts["running"]:
            _write("progress", stage="generate", **facts)

    def say(self, event: str, text: str, **facts: Any) -> None:  # noqa: ANN401
        """Writes the event."""
        _write(event, message=text, **facts)

    def _due(self, name: str) -> bool:
        now = time.monotonic()
        due = now >= self._next.get(name, 0.0)
        if due:
            self._next[name] = now + JSON_EVERY_S
        return due


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return _line(
            "log",
            {"level": record.levelname, "logger": record.name, "message": record.getMessage()},
        )


def _line(event: str, facts: Mapping[str, Any]) -> str:
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    return json.dumps({"event": event, "at": at, **facts}, ensure_ascii=False, default=str)


def _write(event: str, **facts: Any) -> None:  # noqa: ANN401
    sys.stdout.write(_line(event, facts) + "\n")
    sys.stdout.flush()
