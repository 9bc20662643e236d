"""Finds annotators by name, among our own and those that other packages bring."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from cotfactory_filters.annotate.base import Annotator
from cotfactory_schemas.registry import Registry

REGISTRY = Registry(
    "annotator",
    "cotfactory.annotators",
    {
        "contamination": "cotfactory_filters.annotate.contamination:Contamination",
        "format": "cotfactory_filters.annotate.format:Format",
        "language": "cotfactory_filters.annotate.language:Language",
        "length": "cotfactory_filters.annotate.length:Length",
        "minhash": "cotfactory_filters.annotate.minhash:MinHash",
        "pii": "cotfactory_filters.annotate.pii:Pii",
        "readability": "cotfactory_filters.annotate.readability:Readability",
        "reflection": "cotfactory_filters.annotate.reflection:Reflection",
        "repetition": "cotfactory_filters.annotate.repetition:Repetition",
    },
)
"""Those that are shipped measure every run; those of other packages where a recipe names them."""


def make_annotators(settings: Mapping[str, Mapping[str, Any] | None]) -> list[Annotator[Any]]:
    """Makes our own annotators and those that `settings` names, sorted by name.

    `settings` is the recipe's `filter.annotators`: settings by annotator, null leaves one out.

    Raises:
        ValueError: there is no such annotator, or a setting does not fit.
    """
    wanted: dict[str, Mapping[str, Any] | None] = {name: {} for name in REGISTRY.shipped}
    wanted.update(settings)
    return [_made(name, given) for name, given in sorted(wanted.items()) if given is not None]


def _made(name: str, settings: Mapping[str, Any]) -> Annotator[Any]:
    made = REGISTRY.load(name)
    try:
        annotator: Annotator[Any] = made(made.settings_model.model_validate(dict(settings)))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(["filter.annotators", name, *map(str, first["loc"])])
        raise ValueError(f"{where}: {first['msg']} (got {first.get('input')!r})") from error
    return annotator
