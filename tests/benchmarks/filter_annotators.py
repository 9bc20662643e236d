"""Annotators one by one and together: speed, memory, and what they find of planted faults.

    python tests/benchmarks/filter_annotators.py [MEGABYTES]

Speeds are megabytes of text by CPU second of one process, on compiled code: of each annotator on
what was read, of reading and writing the Parquet parts, and of all of it together. A fault counts
as found by the shipped rule's limit, or as the table says. fastText on whole thoughts stands beside
the language annotator.
"""

import logging
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path

import corpus
import planted
import polars as pl

from cotfactory.annotate_part import PartTask, annotate_part, batches
from cotfactory.store.run import Run
from cotfactory_filters.annotate import make_annotators
from cotfactory_filters.annotate.registry import REGISTRY
from cotfactory_filters.language_model import guess
from cotfactory_schemas import Recipe

Test = Callable[[pl.DataFrame], pl.Series]
FOREIGN = ("2 % Chinese", "5 % French", "5 % German")
FOUND_BY: Mapping[str, tuple[str, Test]] = {
    **{
        fault: ("language_share < 0.99", lambda seen: seen["language_share"] < 0.99)
        for fault in FOREIGN
    },
    "loop": ("repetition_loop_repeats >= 6", lambda seen: seen["repetition_loop_repeats"] >= 6),
    "counting loop": (
        "repetition_numbered_loop_repeats >= 10",
        lambda seen: seen["repetition_numbered_loop_repeats"] >= 10,
    ),
    "wall of text": (
        "readability_longest_paragraph > 4000",
        lambda seen: seen["readability_longest_paragraph"] > 4000,
    ),
    "wrongly decoded": ("readability_mojibake > 0", lambda seen: seen["readability_mojibake"] > 0),
    "address": ("pii_emails > 0", lambda seen: seen["pii_emails"] > 0),
}


def speeds(run: Run, megabytes: float) -> None:
    """Prints the speed of each annotator, of what is around them, and of all together."""
    annotators = make_annotators({})
    missing = {a.name: a.settings.model_dump() for a in annotators}
    tasks = [
        PartTask(run.path, part, tuple(run.parts("problems")), missing)
        for part in run.parts("traces")
    ]
    for task in tasks:
        annotate_part(task)  # compiles
    spent = dict.fromkeys((a.name for a in annotators), 0.0)
    for task in tasks:
        for batch in batches(task, annotators):
            for annotator in annotators:
                started = time.process_time()
                annotator.annotate(batch.select(annotator.reads))
                spent[annotator.name] += time.process_time() - started
    started = time.process_time()
    for task in tasks:
        annotate_part(task)
    together = time.process_time() - started
    print(f"{'annotator':20} {'MB/s':>7} {'traces/s':>9}")
    lines = {**spent, "reading and writing": together - sum(spent.values()), "all": together}
    for name, seconds in lines.items():
        print(f"{name:20} {megabytes / seconds:7.1f} {run.rows('traces') / seconds:9.0f}")


def found(traces: Sequence[planted.Planted]) -> None:
    """Prints how many planted faults are found, and how often clean traces are blamed."""
    batch = pl.DataFrame(
        {
            "reasoning": [trace.thought for trace in traces],
            "response": ["5"] * len(traces),
            "language": ["en"] * len(traces),
        }
    )
    names = ("language", "pii", "readability", "repetition")
    off = {name: None for name in REGISTRY.shipped if name not in names}
    seen = pl.concat(
        [
            a.annotate(batch.select(a.reads)).rename(lambda c, a=a: f"{a.name}_{c}")  # type: ignore[misc]
            for a in make_annotators(off)
        ],
        how="horizontal",
    )
    faults = pl.Series([trace.fault for trace in traces])
    print(f"\n{'planted':16} {'traces':>7} {'recall':>7} {'false alarms':>13}  found by")
    for fault, (rule, test) in FOUND_BY.items():
        _row(fault, faults, test(seen), rule)
    whole = pl.Series([guess(text[:20_000]) for text in batch["reasoning"]], dtype=pl.Object)
    english = pl.Series([g.confidence if g.language == "en" else 0.0 for g in whole])
    limit = english.filter(faults == "").quantile(0.02)
    for fault in FOREIGN:
        _row(fault, faults, english < limit, "fastText on the whole thought, at 2 % false alarms")


def _row(fault: str, faults: pl.Series, flagged: pl.Series, rule: str) -> None:
    there, clean = flagged.filter(faults == fault), flagged.filter(faults == "")
    recall, alarms = (sum(part) / max(1, len(part)) for part in (there, clean))
    print(f"{fault:16} {len(there):7} {recall:7.3f} {alarms:13.4f}  {rule}", flush=True)


def main() -> None:
    """Prints both tables and the peak memory."""
    logging.disable(logging.WARNING)
    megabytes = float(next(islice(sys.argv, 1, None), "48"))
    traces = list(planted.traces(megabytes))
    with tempfile.TemporaryDirectory() as folder:
        texts = (corpus.Text(trace.thought, n, None) for n, trace in enumerate(traces))
        speeds(corpus.make_run(Path(folder, "run"), texts, Recipe(name="bench")), megabytes)
    found(traces)
    print(f"\npeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
