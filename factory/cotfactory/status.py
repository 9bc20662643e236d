"""`cotfactory status`: how a run stands, read from another process."""

import json
from pathlib import Path
from typing import Any

import typer

from cotfactory.generate.heartbeat import STATUS_FILE
from cotfactory.store.lock import is_locked
from cotfactory.store.run import Run


def read_status(path: Path) -> dict[str, Any]:
    """Returns what the run holds, whether a process writes it now, and the last heartbeat.

    Without a heartbeat that can be read, it is what the manifest says of generating.

    Raises:
        CotfactoryError: there is no run.
    """
    run = Run.read(path)
    return {
        "run": str(path),
        "being_written": is_locked(path),
        "rows": {table: run.rows(table) for table in ("problems", "traces", "verdicts")},
        "stations": sorted(set(run.manifest) - {"cotfactory"}),
        "unlisted_files": [str(p) for p in run.unlisted()],
        "heartbeat": _heartbeat(path) or run.manifest.get("generate"),
    }


def _heartbeat(run: Path) -> dict[str, Any] | None:
    try:
        found = json.loads((run / STATUS_FILE).read_text("utf-8"))
    except (OSError, ValueError):  # it is not durable: a crash may leave it empty or torn
        return None
    return found if isinstance(found, dict) else None


def print_status(path: Path, *, as_json: bool) -> None:
    """Prints the status, as JSON or as lines for people."""
    status = read_status(path)
    if as_json:
        typer.echo(json.dumps(status))
        return
    typer.echo(f"{path}: {'being written' if status['being_written'] else 'at rest'}")
    for table, rows in status["rows"].items():
        typer.echo(f"  {table:<10}{rows:>10} rows in committed parts")
    for stranger in status["unlisted_files"]:
        typer.echo(f"  not part of this run: {stranger}")
    _print_yield(status["heartbeat"] or {})


def _print_yield(heartbeat: dict[str, Any]) -> None:
    if not heartbeat:
        return
    when = f"at {heartbeat['at']}, " if "at" in heartbeat else ""
    typer.echo(f"generate, {when}all sessions together:")
    facts = {**heartbeat, **heartbeat.get("total", {})}
    for name in _SHOWN:
        if name in facts:
            typer.echo(f"  {name:<24}{facts[name]}")


_SHOWN = (
    "completions", "accepted", "errors", "lost", "in_flight", "unjudged", "open_problems",
    "problems_by_outcome", "generated_tokens", "tokens_per_s", "accepted_tokens_per_s",
    "occupancy", "steady_occupancy", "phase_s",
)  # fmt: skip
