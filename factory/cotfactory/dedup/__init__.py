"""Near-duplicates among the traces, and among the problems, of a run."""

from cotfactory.dedup.station import DedupSummary, deduplicate

__all__ = ["DedupSummary", "deduplicate"]
