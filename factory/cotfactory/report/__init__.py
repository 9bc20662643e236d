"""The report: a run in numbers, pictures and samples, on one page."""

from cotfactory.report.report import write_report

__all__ = ["write_report"]
