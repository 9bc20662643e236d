"""Builds the splits of a run: every trace ends in exactly one, with journeys beside."""

import itertools
import logging
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from cotfactory.splits.builders import journey_rows, rejected_rows, shortcut_rows
from cotfactory.splits.claims import Claims, searched, searching
from cotfactory.splits.group import Group, Sample
from cotfactory.splits.judge import look_through
from cotfactory.splits.load import groups
from cotfactory.splits.place import Placed, place_group
from cotfactory.splits.preference import preference_rows
from cotfactory.splits.shards import ShardWriter
from cotfactory.splits.stitched import stitched_rows
from cotfactory.splits.written import Written, WrittenTexts
from cotfactory.store import atomic
from cotfactory.store.run import Run
from cotfactory_filters.verify.pool import VerifierPool
from cotfactory_schemas import PreferenceRow, SplitRow

log = logging.getLogger(__name__)

Progress = Callable[[str, int, int | None], None]
SplitBuilder = Callable[[Placed], Iterator[SplitRow] | Iterator[PreferenceRow]]

BUILDERS: Mapping[str, SplitBuilder] = {
    "shortcut": shortcut_rows,
    "journey": journey_rows,
    "stitched": stitched_rows,
    "rejected": rejected_rows,
    "preference": preference_rows,
}
"""What makes rows, in the order in which a problem's rows are written."""

CHUNK_SAMPLES = 512  # how many samples are judged together


@dataclass(frozen=True)
class MaterialiseSummary:
    """What was built: rows by (split, part, origin), and seconds of wall time."""

    counts: Mapping[tuple[str, str, str], int]
    seconds: float

    def rows(self, split: str, origin: str | None = None) -> int:
        """Rows of a split, of one origin or of all."""
        return sum(
            count
            for (of, _, made), count in self.counts.items()
            if of == split and origin in (None, made)
        )

    def facts(self) -> dict[str, object]:
        """The same as plain JSON, for the manifest."""
        rows = {"/".join(key): count for key, count in sorted(self.counts.items())}
        return {"rows": rows, "seconds": round(self.seconds, 1)}


def materialise(run: Run, progress: Progress | None = None) -> MaterialiseSummary:
    """Builds `splits/` anew from traces, verdicts and decisions; it replaces the former as a whole.

    Text is held for one chunk of problems at a time. `progress` gets ("materialise", traces done,
    traces in all).

    Raises:
        CotfactoryError: a trace has no decision yet.
    """
    started = time.monotonic()
    total, done = run.rows("traces"), 0
    with (
        atomic.writing_folder(run.path / "splits") as folder,
        placed_groups(run) as chunks,
        ShardWriter(folder) as writer,
    ):
        for chunk in chunks:
            for placed in chunk:
                for build in BUILDERS.values():
                    for built in build(placed):
                        writer.write(built)
                done += len(placed.group.samples)
            if progress:
                progress("materialise", done, total)
    return MaterialiseSummary(dict(writer.counts), time.monotonic() - started)


@contextmanager
def placed_groups(run: Run) -> Iterator[Iterator[list[Placed]]]:
    """Yields the placed groups of a run, a chunk at a time."""
    written = WrittenTexts(run)
    workers, natural = run.recipe.filter.workers, run.recipe.splits.journey.natural
    with (
        tempfile.TemporaryDirectory(prefix=".sort-", dir=run.path) as scratch,
        VerifierPool(run.recipe.verify) as pool,
        searching(run.rows("traces"), workers) as search,
    ):
        chunks = _chunks(groups(run, Path(scratch)))
        if natural:
            pairs = searched(chunks, lambda chunk: search(_samples(chunk)), workers)
        else:
            pairs = ((chunk, [None] * len(_samples(chunk))) for chunk in chunks)
        yield (_placed(chunk, claims, (run, pool), written) for chunk, claims in pairs)


def _samples(chunk: list[Group]) -> list[Sample]:
    return [sample for group in chunk for sample in group.samples]


def _chunks(found: Iterable[Group]) -> Iterator[list[Group]]:
    chunk: list[Group] = []
    samples = 0
    for group in found:
        chunk.append(group)
        samples += len(group.samples)
        if samples >= CHUNK_SAMPLES:
            yield chunk
            chunk, samples = [], 0
    if chunk:
        yield chunk


def _placed(
    chunk: list[Group],
    claims: Sequence[Claims | None],
    judged_by: tuple[Run, VerifierPool],
    written: Mapping[str, Written],
) -> list[Placed]:
    """Judges what the thoughts of the chunk state, all together, then places group by group."""
    run, pool = judged_by
    seen = iter(look_through(_samples(chunk), claims, pool))
    filled = [
        replace(group, samples=list(itertools.islice(seen, len(group.samples)))) for group in chunk
    ]
    return [place_group(group, run.recipe, written) for group in filled]
