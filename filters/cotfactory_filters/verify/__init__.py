"""Verifiers: each says whether a trace answers its problem."""

from cotfactory_filters.verify.base import Verifier, verdict
from cotfactory_filters.verify.registry import (
    REGISTRY,
    make_verifier,
    verifier_version,
)

__all__ = [
    "REGISTRY",
    "Verifier",
    "make_verifier",
    "verdict",
    "verifier_version",
]
