"""Finds verifiers by name, among our own and those that other packages bring."""

import difflib
import functools
import importlib
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any

from pydantic import ValidationError

from cotfactory_filters.verify.base import NoSettings, Verifier

ENTRY_POINTS = "cotfactory.verifiers"

VERIFIERS: dict[str, str] = {
    "choice": "cotfactory_filters.verify.choice:ChoiceVerifier",
    "math": "cotfactory_filters.verify.math:MathVerifier",
    "numeric": "cotfactory_filters.verify.numeric:NumericVerifier",
    "text": "cotfactory_filters.verify.text:TextVerifier",
}
"""Our own verifiers as module:Class, each imported when it is first asked for."""


def verifier_names() -> list[str]:
    """Returns the names that `make_verifier` knows, sorted."""
    return sorted(_outside() | VERIFIERS)


def make_verifier(name: str, settings: Mapping[str, Any] | None = None) -> Verifier:
    """Makes the verifier `name`; its class's `settings_model` validates `settings`.

    Raises:
        ValueError: there is no such verifier, or a setting does not fit.
    """
    made = _verifier_class(name)
    model = getattr(made, "settings_model", NoSettings)
    try:
        verifier: Verifier = made(model.model_validate(dict(settings or {})))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(["verify.verifiers", name, *map(str, first["loc"])])
        raise ValueError(f"{where}: {first['msg']} (got {first.get('input')!r})") from error
    return verifier


def verifier_version(name: str) -> int:
    """Returns the version of the verifier `name`; it goes up when a verdict could change.

    Raises:
        ValueError: there is no such verifier.
    """
    version: int = _verifier_class(name).version
    return version


@functools.cache
def _outside() -> dict[str, str]:
    return {point.name: point.value for point in entry_points(group=ENTRY_POINTS)}


def _verifier_class(name: str) -> Any:  # noqa: ANN401 - a class from anywhere that fits Verifier
    targets = _outside() | VERIFIERS
    if name not in targets:
        close = difflib.get_close_matches(name, targets, n=1)
        mend = f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(sorted(targets))}."
        raise ValueError(f"verifier {name!r}: unknown. {mend}")
    module, _, attribute = targets[name].partition(":")
    return getattr(importlib.import_module(module), attribute)
