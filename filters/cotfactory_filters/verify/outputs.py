"""Compares what a program wrote with what it should have written."""

import math
import re

_DECIMAL = re.compile(r"[+-]?(\d+\.\d*|\.\d+|\d+)([eE][+-]?\d{1,3})?")
MAX_NUMBER_CHARS = 64


def same_output(written: bytes, expected: str, tolerance: float) -> bool:
    """Whether both hold the same words, however they are spaced.

    Judges of programming contests compare so. Where the expected word is a number with a decimal
    point, the written one may differ by `tolerance`, absolute or relative.
    """
    ours, theirs = written.decode("utf-8", errors="replace").split(), expected.split()
    return len(ours) == len(theirs) and all(
        a == b or _is_close(a, b, tolerance) for a, b in zip(ours, theirs, strict=True)
    )


def _is_close(written: str, expected: str, tolerance: float) -> bool:
    if "." not in expected or max(len(written), len(expected)) > MAX_NUMBER_CHARS:
        return False
    if not _DECIMAL.fullmatch(written) or not _DECIMAL.fullmatch(expected):
        return False
    return math.isclose(float(written), float(expected), rel_tol=tolerance, abs_tol=tolerance)
