"""Verifiers: each says whether a trace answers its problem."""

from cotfactory_filters.verify.base import Verifier, verdict
from cotfactory_filters.verify.registry import (
    VERIFIERS,
    make_verifier,
    verifier_names,
    verifier_version,
)

__all__ = [
    "VERIFIERS",
    "Verifier",
    "make_verifier",
    "verdict",
    "verifier_names",
    "verifier_version",
]
