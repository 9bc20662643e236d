"""The report: a run in numbers, pictures and samples, on one page."""
