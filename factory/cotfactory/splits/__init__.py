"""Builds the published splits: shortcut, journey and rejected."""

from cotfactory.splits.materialise import (
    BUILDERS,
    MaterialiseSummary,
    SplitBuilder,
    build,
    discard,
    materialise,
)
from cotfactory.splits.quality import quality
from cotfactory.splits.teacher import rewrite

__all__ = [
    "BUILDERS",
    "MaterialiseSummary",
    "SplitBuilder",
    "build",
    "discard",
    "materialise",
    "quality",
    "rewrite",
]
