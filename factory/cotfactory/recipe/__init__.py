"""Recipes: shipped ones by name, others by path, validated with every default written out."""

import json
from collections.abc import Iterable
from importlib import resources
from pathlib import Path

import yaml

from cotfactory.errors import UsageError
from cotfactory.recipe import document, validate
from cotfactory_schemas import Recipe
from cotfactory_schemas.registry import did_you_mean

__all__ = ["description", "dump", "json_schema", "load", "names", "reload", "text"]

_SUFFIX = ".yaml"


def names() -> list[str]:
    """The names of the shipped recipes."""
    shipped = resources.files("cotfactory.recipe") / "shipped"
    found = (entry.name for entry in shipped.iterdir() if entry.name.endswith(_SUFFIX))
    return sorted(name.removesuffix(_SUFFIX) for name in found)


def text(name: str) -> str:
    """The YAML of a shipped recipe.

    Raises:
        UsageError: there is none of that name.
    """
    if name not in names():
        raise UsageError(f"no recipe {name!r}.{did_you_mean(name, names())}")
    return (resources.files("cotfactory.recipe") / "shipped" / f"{name}{_SUFFIX}").read_text(
        "utf-8"
    )


def load(name_or_path: str, assignments: Iterable[str] = (), *, generating: bool = False) -> Recipe:
    """Reads a recipe by the name of a shipped one or by path, with `a.b=c` laid over it.

    One that is for `generating` has to have all that it takes.

    Raises:
        UsageError: there is no such recipe, or it is wrong; a line for each fault.
    """
    path = Path(name_or_path)
    if name_or_path.endswith((_SUFFIX, ".yml")) or path.is_file():
        made = document.read(path)
    else:
        made = document.parse(text(name_or_path), f"{name_or_path}{_SUFFIX}")
    return _finish(made, assignments, generating=generating)


def reload(run: Path, assignments: Iterable[str]) -> Recipe:
    """Reads the recipe of a run, with `a.b=c` laid over it."""
    return _finish(document.read(run / "recipe.yaml"), assignments)


def description(name: str) -> str:
    """The first sentence of a shipped recipe's description."""
    values = document.parse(text(name), name).values
    return str(values.get("description", "")).split(". ")[0].strip()


def dump(made: Recipe) -> str:
    """The recipe as YAML, with every default written out."""
    return yaml.safe_dump(made.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def json_schema() -> str:
    """The JSON Schema of recipes. Plugins' own settings are open in it."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(schema | Recipe.model_json_schema(), indent=2)


def _finish(
    made: document.Document, assignments: Iterable[str], *, generating: bool = False
) -> Recipe:
    for assignment in assignments:
        made.set(assignment)
    return validate.recipe(made, generating=generating)
