"""Builds the publishable folder of a run, and puts it where it belongs."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from cotfactory.errors import UsageError
from cotfactory.exports.template import CHAT_TEMPLATE, TEMPLATE_FILE
from cotfactory.publish import card, files
from cotfactory.publish.files import Shards
from cotfactory.publish.markdown import Markdown
from cotfactory.report.charts import pass_rates, png
from cotfactory.report.facts import Facts, facts
from cotfactory.report.lengths import length_chart
from cotfactory.store import atomic
from cotfactory.store.run import Run
from cotfactory_schemas import Recipe


@dataclass(frozen=True)
class Built:
    """A dataset folder: what is in it, and the hash that stands for all of it."""

    folder: Path
    shards: tuple[Shards, ...]
    manifest_sha256: str

    @property
    def rows(self) -> dict[str, dict[str, int]]:
        """Rows by config and part."""
        counts: dict[str, dict[str, int]] = {}
        for s in self.shards:
            counts.setdefault(s.config, {})[s.part] = s.rows
        return counts

    @property
    def names(self) -> list[str]:
        """The files' paths in the dataset, sorted."""
        found = (p for p in self.folder.rglob("*") if p.is_file())
        return sorted(p.relative_to(self.folder).as_posix() for p in found)

    @property
    def bytes(self) -> int:
        """Size of all files."""
        return sum((self.folder / name).stat().st_size for name in self.names)


@contextmanager
def built(run: Run, location: str) -> Iterator[Built]:
    """Builds the dataset of a run in a temporary folder inside it, removed at the exit.

    The same run gives the same bytes. `location` is the name readers load it by, in the card.

    Raises:
        CotfactoryError: there is no row to publish.
    """
    shards = files.find_shards(run)
    known = facts(run)
    prefix, suffix = ".dataset.", atomic.TEMPORARY_SUFFIX
    with tempfile.TemporaryDirectory(dir=run.path, prefix=prefix, suffix=suffix) as name:
        folder = Path(name)
        for s in shards:
            for source, target in zip(s.files, s.names, strict=True):
                (folder / target).parent.mkdir(parents=True, exist_ok=True)
                files.link_or_copy(str(source), str(folder / target))
        (folder / files.RECIPE).write_text(_recipe(run.recipe), encoding="utf-8")
        _write_texts(run, folder, card_facts=(known, shards, location))
        digest = files.seal(folder, _about(run, known, shards))
        yield Built(folder, tuple(shards), digest)


def place(run: Run, ready: Built, target: Path) -> bool:
    """Makes `target` hold the built files, whole or not at all; False when it already does.

    Raises:
        UsageError: `target` holds something else than a dataset of ours.
    """
    if target.exists() and not (target.is_dir() and _replaceable(target)):
        raise UsageError(
            f"{target}: holds files that are not a dataset made here, and will not be replaced. "
            "Give an empty or a new folder with --to."
        )
    if files.same(ready.folder, target):
        return False
    inside = target.parent.resolve() == run.path.resolve()
    copy = files.link_or_copy if inside else shutil.copyfile
    with atomic.writing_folder(target) as temporary:
        for name in ready.names:
            (temporary / name).parent.mkdir(parents=True, exist_ok=True)
            copy(str(ready.folder / name), str(temporary / name))
    return True


def _replaceable(folder: Path) -> bool:
    return files.is_dataset(folder) or not any(folder.iterdir())


def _write_texts(run: Run, folder: Path, card_facts: tuple[Facts, Sequence[Shards], str]) -> None:
    known, shards, location = card_facts
    (folder / TEMPLATE_FILE).write_text(CHAT_TEMPLATE, encoding="utf-8")
    text = card.render(
        card.CardFacts(
            recipe=run.recipe,
            recipe_text=_recipe(run.recipe),
            facts=known,
            shards=shards,
            version=version("cotfactory"),
            location=location,
            pictures=_pictures(run, folder, known),
        )
    )
    (folder / files.CARD).write_text(text, encoding="utf-8")


def _pictures(run: Run, folder: Path, known: Facts) -> list[card.Picture]:
    """Draws what a reader should see first."""
    drawn = {
        "pass_rates": ("Share of samples that are correct, by domain", pass_rates(known.domains)),
        "lengths": ("Lengths of the answers, by domain", length_chart(run)),
    }
    pictures = []
    for name, (alt, figure) in drawn.items():
        if figure is not None:
            picture = card.Picture(alt, Markdown(f"pictures/{name}.png"))
            (folder / picture.path).parent.mkdir(exist_ok=True)
            (folder / picture.path).write_bytes(png(figure))
            pictures.append(picture)
    return pictures


def _recipe(recipe: Recipe) -> str:
    """The recipe as the world may see it: an engine's address may hold a name or a password."""
    shown = recipe.model_dump(mode="json")
    shown["engine"] = _without_addresses(shown["engine"])
    return yaml.safe_dump(shown, sort_keys=False, allow_unicode=True)


def _without_addresses(value: Any) -> Any:  # noqa: ANN401 - JSON values
    if isinstance(value, dict):
        return {key: _without_addresses(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_addresses(inner) for inner in value]
    return "(not published)" if isinstance(value, str) and "://" in value else value


def _about(run: Run, known: Facts, shards: Sequence[Shards]) -> dict[str, object]:
    """What the manifest says besides its files; nothing that changes without the data."""
    teacher = run.recipe.teacher
    return {
        "name": run.recipe.name,
        "cotfactory": version("cotfactory"),
        "teacher": teacher.fingerprint if teacher else None,
        "problems": known.problems,
        "traces": known.traces,
        "kept": known.kept,
        "unconfined_verdicts": known.unconfined,
        "verdicts": dict(known.statuses),
        "rejected_by": {step.rule: step.fired for step in known.funnel if step.fired},
        "rows": {f"{s.config}/{s.part}": s.rows for s in shards},
    }
