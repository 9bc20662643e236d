"""Finds verifiers by name, among our own and those that other packages bring."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from cotfactory_filters.verify.base import Verifier
from cotfactory_schemas import Settings
from cotfactory_schemas.registry import Registry

REGISTRY = Registry(
    "verifier",
    "cotfactory.verifiers",
    {
        "choice": "cotfactory_filters.verify.choice:ChoiceVerifier",
        "code": "cotfactory_filters.verify.code:CodeVerifier",
        "constraints": "cotfactory_filters.verify.constraints:ConstraintsVerifier",
        "gym": "cotfactory_filters.verify.gym:GymVerifier",
        "literal": "cotfactory_filters.verify.literal:LiteralVerifier",
        "math": "cotfactory_filters.verify.math:MathVerifier",
        "numeric": "cotfactory_filters.verify.numeric:NumericVerifier",
        "text": "cotfactory_filters.verify.text:TextVerifier",
    },
)
"""Each verifier class has a `settings_model` and is made with one argument, its settings."""


def make_verifier(name: str, settings: Mapping[str, Any] | None = None) -> Verifier:
    """Makes the verifier `name`; its class's `settings_model` validates `settings`.

    Raises:
        ValueError: there is no such verifier, or a setting does not fit.
    """
    verifier: Verifier = REGISTRY.load(name)(_settings(name, settings))
    return verifier


def changed_settings(name: str, settings: Mapping[str, Any] | None) -> dict[str, Any]:
    """Returns those of `settings` that are not the defaults of the verifier `name`, as plain data.

    Raises:
        ValueError: there is no such verifier, or a setting does not fit.
    """
    return _settings(name, settings).model_dump(mode="json", exclude_defaults=True)


def _settings(name: str, settings: Mapping[str, Any] | None) -> Settings:
    model: type[Settings] = REGISTRY.load(name).settings_model
    try:
        return model.model_validate(dict(settings or {}))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(["verify.verifiers", name, *map(str, first["loc"])])
        raise ValueError(f"{where}: {first['msg']} (got {first.get('input')!r})") from error


def verifier_version(name: str) -> int:
    """Returns the version of the verifier `name`; it goes up when a verdict could change.

    Raises:
        ValueError: there is no such verifier.
    """
    version: int = REGISTRY.load(name).version
    return version
