"""The display for people: live lines while a station works, plain text for what it made."""

import logging
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from rich.console import Console, Group
from rich.live import Live
from rich.logging import RichHandler
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text


class TerminalDisplay:
    """Shows a bar for each station, and the yield under the bar of generating."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)
        self._bars = Progress(
            TextColumn("{task.description:<12}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self._console,
        )
        self._tasks: dict[str, TaskID] = {}
        self._yield = Text("")
        self._live = Live(console=self._console, get_renderable=self._render, refresh_per_second=4)

    def __enter__(self) -> Self:
        """Starts the live lines; log records are printed above them."""
        handler = RichHandler(console=self._console, show_path=False, show_time=False)
        logging.basicConfig(level=logging.WARNING, format="%(message)s", handlers=[handler])
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leaves the last state of the bars on the screen."""
        self._live.stop()

    def stage(self, name: str, done: int, total: int | None) -> None:
        """Moves a station's bar."""
        if name not in self._tasks:
            self._tasks[name] = self._bars.add_task(name, total=total)
        self._bars.update(self._tasks[name], completed=done, total=total)

    def generating(self, facts: Mapping[str, Any]) -> None:
        """Moves the bar of generating and writes the yield under it."""
        decided = sum(facts["problems_by_outcome"].values())
        self.stage("generate", decided, decided + facts["open_problems"])
        rate = facts["tokens_per_s"]
        self._yield = Text(
            f"  {facts['completions']} samples, {facts['accepted']} accepted, "
            f"{facts['errors']} errors, {facts['in_flight']} in flight, "
            f"{facts['unjudged']} at the verifier, {rate or 0:.0f} tokens/s",
            style="dim",
        )

    def say(self, event: str, text: str, **facts: Any) -> None:  # noqa: ANN401, ARG002
        """Prints the text above the bars."""
        self._console.print(Text(text))

    def _render(self) -> Group:
        return Group(self._bars, self._yield)
