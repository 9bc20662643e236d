"""The dataset card: README.md with the metadata that the Hub and `datasets` read."""

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jinja2
import yaml

from cotfactory.exports.template import TEMPLATE_FILE
from cotfactory.publish.columns import COLUMNS, PREFERENCE_COLUMNS
from cotfactory.publish.files import PARTS, Shards
from cotfactory.publish.markdown import Markdown, block, code, escaped
from cotfactory.report.facts import Facts
from cotfactory_schemas import Recipe

ABOUT = {
    "shortcut": "correct traces that go straight to the answer",
    "journey": "wrong attempts, the recognition of the error, the correction, the right answer",
    "preference": "pairs of a right and a wrong answer to one problem",
    "rejected": "what was not kept, each row with the rules that rejected it",
}
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_SIZES = {1_000: "n<1K", 10_000: "1K<n<10K", 100_000: "10K<n<100K", 1_000_000: "100K<n<1M"}
_LARGER = "1M<n<10M"


@dataclass(frozen=True)
class Picture:
    """A chart in the card, by its path in the dataset."""

    alt: str
    path: Markdown


@dataclass(frozen=True)
class CardFacts:
    """All that a card says. `location` is what a reader gives to `load_dataset`."""

    recipe: Recipe
    recipe_text: str
    facts: Facts
    shards: Sequence[Shards]
    version: str
    location: str
    pictures: Sequence[Picture] = ()


def render(card: CardFacts) -> str:
    """Returns the card. Every text of the run is escaped: it was written by others."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("cotfactory.publish"),
        autoescape=False,  # noqa: S701 - Markdown, escaped by `finalize`
        finalize=_shown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["code"] = code
    return environment.get_template("card.md.jinja").render(
        front_matter=Markdown(f"---\n{_yaml(_metadata(card))}---"),
        title=_title(card.recipe),
        description=card.recipe.description,
        facts=card.facts,
        version=card.version,
        configs=_configs(card.shards),
        location=Markdown(card.location),
        teacher=card.recipe.teacher,
        pictures=card.pictures,
        columns=_trusted(COLUMNS),
        preference_columns=_trusted(PREFERENCE_COLUMNS if _has(card, "preference") else {}),
        template_file=Markdown(TEMPLATE_FILE),
        recipe=block(card.recipe_text, "yaml"),
    )


def _trusted(texts: Mapping[str, str]) -> dict[str, Markdown]:
    return {name: Markdown(text) for name, text in texts.items()}


def _has(card: CardFacts, config: str) -> bool:
    return any(shards.config == config for shards in card.shards)


def _shown(value: object) -> object:
    return escaped(value) if isinstance(value, str) else value


def _title(recipe: Recipe) -> str:
    return recipe.publish.title or recipe.name


def _metadata(card: CardFacts) -> dict[str, Any]:
    settings = card.recipe.publish
    languages = [name for name in card.facts.languages if _LANGUAGE.fullmatch(name)]
    rows = sum(shards.rows for shards in card.shards)
    tags = [_one_line(tag) for tag in settings.tags]
    return {
        "pretty_name": _one_line(_title(card.recipe)),
        "license": _one_line(settings.licence),
        "language": sorted(languages),
        "task_categories": ["text-generation"],
        "size_categories": [next((s for n, s in _SIZES.items() if rows < n), _LARGER)],
        "tags": list(dict.fromkeys(["reasoning", "chain-of-thought", "synthetic", *tags])),
        "configs": _by_config(card.shards, _config),
        "dataset_info": _by_config(card.shards, _info),
    }


def _one_line(text: str) -> str:
    """A line feed would let a text stand on a line of its own, and `---` ends the metadata."""
    return " ".join(text.split())


def _by_config(shards: Sequence[Shards], entry: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    names = dict.fromkeys(s.config for s in shards)
    return [entry(name, [s for s in shards if s.config == name]) for name in names]


def _config(name: str, shards: Sequence[Shards]) -> dict[str, Any]:
    files = [{"split": s.part, "path": f"data/{name}/{s.part}-*.parquet"} for s in shards]
    return {"config_name": name, "data_files": files}


def _info(name: str, shards: Sequence[Shards]) -> dict[str, Any]:
    return {
        "config_name": name,
        "splits": [
            {"name": s.part, "num_bytes": s.text_bytes, "num_examples": s.rows} for s in shards
        ],
        "download_size": sum(s.disk_bytes for s in shards),
        "dataset_size": sum(s.text_bytes for s in shards),
    }


def _configs(shards: Sequence[Shards]) -> list[Mapping[str, Any]]:
    rows: dict[str, dict[str, int]] = {}
    for s in shards:
        rows.setdefault(s.config, dict.fromkeys(PARTS, 0))[s.part] = s.rows
    return [
        {
            "name": name,
            **parts,
            "about": ABOUT.get(name, ""),
            "first_part": next(p for p in PARTS if parts[p]),
        }
        for name, parts in rows.items()
    ]


def _yaml(metadata: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(metadata), sort_keys=False, allow_unicode=True, width=sys.maxsize)
