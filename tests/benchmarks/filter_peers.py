"""A whole filter pass beside the tools that people build theirs from, on the same texts in one run.

    python tests/benchmarks/filter_peers.py [MEGABYTES]

Ours is `cotfactory filter` up to the decisions, in one process: every annotator, near-duplicates
checked exactly, all rules. A peer gets what it has of that: filters for repetition and quality, and
near-duplicates. Prints MB per CPU second, reading included, and the ratio to ours. Peers that are
not installed are named; all of them: pip install datatrove spacy py-data-juicer aiohttp.
"""

import importlib
import logging
import resource
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import corpus
import dedup

from cotfactory import pipeline
from cotfactory_schemas import Recipe
from cotfactory_schemas.recipe import FilterSettings

MEGABYTES = 16.0
OURS = Recipe(name="bench", filter=FilterSettings(workers=1))
QUALITY = ("GopherRepetitionFilter", "GopherQualityFilter", "C4QualityFilter")
OPERATORS = (
    "word_repetition_filter",
    "character_repetition_filter",
    "special_characters_filter",
    "document_minhash_deduplicator",
)


class Silent:
    """Shows nothing."""

    def stage(self, stage: str, done: int, total: int | None) -> None:
        """Takes what a station says of its progress."""


def cotfactory(run: Path) -> None:
    """Judges, measures and decides."""
    pipeline.filter_run(run, OURS, Silent(), splits=False)  # type: ignore[arg-type]


def datatrove(run: Path) -> None:
    """Three of its quality filters, its PII formatter, and its MinHash stages."""
    data = importlib.import_module("datatrove.data")
    importlib.import_module("datatrove.utils.logging").logger.remove()
    filters = importlib.import_module("datatrove.pipeline.filters")
    formatters = importlib.import_module("datatrove.pipeline.formatters")
    for step in (*(getattr(filters, name) for name in QUALITY), formatters.PIIFormatter):
        texts = enumerate(dedup.texts(run))
        list(step().run([data.Document(text=text, id=str(i)) for i, text in texts]))
    dedup.datatrove(run)


def data_juicer(run: Path) -> None:
    """Its repetition and character filters, and its MinHash deduplicator."""
    ops: Any = importlib.import_module("data_juicer.ops")
    datasets = importlib.import_module("data_juicer.core.data")
    rows = datasets.NestedDataset.from_dict({"text": dedup.texts(run)})
    for operator in ops.load_ops([{name: {"num_proc": 1}} for name in OPERATORS]):
        rows = operator.run(rows)


PEERS: Mapping[str, Callable[[Path], None]] = {"datatrove": datatrove, "data-juicer": data_juicer}


def measured(tool: Callable[[Path], None], made: Sequence[corpus.Text]) -> float:
    """Returns the tool's MB of text per CPU second, on a run of its own."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder, "run")
        corpus.make_run(run, iter(made), OURS)
        began = _cpu_s()
        tool(run)
        seconds = _cpu_s() - began
    return sum(len(text.text.encode()) for text in made) / 1e6 / seconds


def _cpu_s() -> float:
    """CPU seconds of this process and of its children that have ended."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def main() -> None:
    """Prints a line for each tool."""
    logging.disable(logging.WARNING)
    megabytes = float(next(islice(sys.argv, 1, None), MEGABYTES))
    measured(cotfactory, list(corpus.texts(1.0)))  # compiles
    made = list(corpus.texts(megabytes, mean_words=2_000))
    ours = measured(cotfactory, made)
    print(
        f"{'whole pass':12} MB/s/core   ratio\n{'cotfactory':12} {ours:9.2f} {1:7.1f}", flush=True
    )
    for name, tool in PEERS.items():
        try:
            rate = measured(tool, made)
        except ImportError as error:
            print(f"{name:12} is not installed: {error}")
            continue
        print(f"{name:12} {rate:9.2f} {ours / rate:7.1f}", flush=True)


if __name__ == "__main__":
    main()
