"""The whole line, station by station. Each resumes what is there and repeats nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cotfactory import interrupts
from cotfactory.annotate import annotate
from cotfactory.benchmarks import with_benchmarks
from cotfactory.catalog import write_catalog
from cotfactory.decide import FunnelStep, decide, funnel
from cotfactory.dedup import deduplicate
from cotfactory.display import Display
from cotfactory.generate import generate, pilot
from cotfactory.generate.limits import Limits
from cotfactory.generate.preview import preview
from cotfactory.judging import judge
from cotfactory.publish import publish
from cotfactory.report import write_report
from cotfactory.splits import build, discard, rewrite
from cotfactory.store.run import Run, RunWriter
from cotfactory.verdicts import verify
from cotfactory.voting import majority
from cotfactory_schemas import Recipe

SPLITS = ("shortcut", "journey", "rejected")


@dataclass(frozen=True)
class Made:
    """What a run holds after filtering. `rows` counts the rows of each split, if there are any."""

    run: Path
    traces: int
    kept: int
    rows: dict[str, int] | None
    funnel: Sequence[FunnelStep]


def run_all(out: Path, recipe: Recipe, display: Display, limits: Limits) -> Made:
    """Generates, filters, builds the splits and the publishable folder of `recipe` in `out`."""
    generate_run(out, recipe, display, limits)
    made = filter_run(out, recipe, display)
    publish(Run.read(out), str(out / "dataset"))
    return made


def generate_run(out: Path, recipe: Recipe, display: Display, limits: Limits) -> None:
    """Asks the teacher for what is missing in `out`."""
    with Run.open(out, recipe) as run:
        verify(run, display.stage)  # what a crash left unjudged
        with interrupts.kept():
            generate(run, display.generating, limits)


def preview_run(
    out: Path, recipe: Recipe, display: Display, limits: Limits, size: str | None
) -> None:
    """Says what `generate_run`, or with a size `pilot_run`, would ask; writes nothing."""
    chosen = limits if size is None else pilot.choose(size, recipe, limits).limits
    made = preview(recipe, out, chosen)
    display.say("preview", made.text(), **vars(made))


def pilot_run(out: Path, recipe: Recipe, display: Display, limits: Limits, size: str) -> None:
    """Generates for a random slice of the problems, and says what that means for all of them."""
    chosen = pilot.choose(size, recipe, limits)
    generate_run(out, recipe, display, chosen.limits)
    run = Run.read(out)
    projection = pilot.project(run, chosen, run.manifest["generate"]["tokens_per_s"])
    display.say("projection", projection.text(), **projection.facts())


def filter_run(out: Path, recipe: Recipe | None, display: Display, *, splits: bool = True) -> Made:
    """Judges, measures, decides and builds the splits; computes only what is missing or changed.

    Without `splits` it ends with the decisions, and splits of earlier ones are removed.
    """
    with Run.open(out, recipe) as run:
        verify(run, display.stage)
        majority(run, display.stage)
        judge(run, display.stage)
        annotate(run, with_benchmarks(run), display.stage)
        deduplicate(run, display.stage)
        decided = decide(run, display.stage)
        rows = _splits(run, display, wanted=splits)
        steps = funnel(run)
        write_catalog(run)
        write_report(run)
    return Made(out, decided.traces, decided.kept, rows, steps)


def _splits(run: RunWriter, display: Display, *, wanted: bool) -> dict[str, int] | None:
    if not wanted:
        discard(run)
        return None
    rewrite(run, display.stage)
    built = build(run, display.stage)
    return {split: built.rows(split) for split in SPLITS}
