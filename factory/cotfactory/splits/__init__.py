"""Builds the published splits: shortcut, journey and rejected."""

from cotfactory.splits.materialise import BUILDERS, MaterialiseSummary, SplitBuilder, materialise

__all__ = ["BUILDERS", "MaterialiseSummary", "SplitBuilder", "materialise"]
