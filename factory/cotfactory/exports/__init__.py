"""Exports the splits in the forms that trainers load."""

from cotfactory.exports.export import FORMATS, ExportSummary, export

__all__ = ["FORMATS", "ExportSummary", "export"]
