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
from cotfactory.splits import materialise, rewrite
from cotfactory.store.run import Run
from cotfactory.verdicts import verify
from cotfactory.voting import majority
from cotfactory_schemas import Recipe

SPLITS = ("shortcut", "journey", "rejected")


@dataclass(frozen=True)
class Made:
    """What a run holds after filtering. `rows` counts the rows of each split."""

    run: Path
    traces: int
    kept: int
    rows: dict[str, int]
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


def filter_run(out: Path, recipe: Recipe | None, display: Display) -> Made:
    """Judges, measures, decides and builds the splits; computes only what is missing or changed."""
    with Run.open(out, recipe) as run:
        verify(run, display.stage)
        majority(run, display.stage)
        judge(run, display.stage)
        annotate(run, with_benchmarks(run), display.stage)
        deduplicate(run, display.stage)
        decided = decide(run, display.stage)
        rewrite(run, display.stage)
        built = materialise(run, display.stage)
        steps = funnel(run)
        run.record("splits", built.facts())
        write_catalog(run)
        write_report(run)
    return Made(
        run=out,
        traces=decided.traces,
        kept=decided.kept,
        rows={split: built.rows(split) for split in SPLITS},
        funnel=steps,
    )
