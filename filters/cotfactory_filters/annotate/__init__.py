"""Annotators: each measures columns on batches of traces."""

from cotfactory_filters.annotate.base import INPUT_COLUMNS, Annotator
from cotfactory_filters.annotate.registry import REGISTRY, make_annotators

__all__ = ["INPUT_COLUMNS", "REGISTRY", "Annotator", "make_annotators"]
