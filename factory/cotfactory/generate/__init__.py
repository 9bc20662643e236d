"""Generating: the teacher is asked until each problem has its correct traces."""

from cotfactory.generate.main import generate

__all__ = ["generate"]
