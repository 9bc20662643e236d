"""A local page to look at a run: traces, verdicts, reasons, journeys. Loopback only, read only."""

from cotfactory.browse.server import browse

__all__ = ["browse"]
