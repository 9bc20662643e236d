"""Asks math-verify (sympy behind a LaTeX grammar) about answers that our own grammar cannot read.

Slow (tens of milliseconds a pair, up to the time limit) and only ever called in a worker process,
whose alarm ends it. The text goes through latex2sympy's grammar; nothing is evaluated as Python.
"""

import functools
import logging
import re
from typing import Any

MAX_CHARS = 600
MAX_NESTED = 12  # its grammar backtracks: 25 nested fractions take hours
MAX_RUN = 20  # of one sign: `1-----…`

_ITS_OWN = re.compile(r"\\(?:i*int|oint|sum|prod|lim|limsup|liminf|partial|nabla)(?![A-Za-z])")
_RUN = re.compile(rf"(\S)\1{{{MAX_RUN},}}")


def load() -> None:
    """Imports sympy and math-verify, which takes seconds."""
    _library()


def symbolically_equal(reference: str, answer: str) -> bool | None:
    """Whether math-verify finds the two equal; None when it can read one of them not at all.

    What is long, deeply nested or repetitive is not given to it: no answer is, and it would hang.
    Nor is a text without any of the commands that it knows and our grammar does not: it passes over
    what it does not know, and compares the rest.
    """
    if not (_harmless(reference) and _harmless(answer)) or not _ITS_OWN.search(reference + answer):
        return None
    parse, verify, config = _library()
    read = functools.partial(parse, extraction_config=config, parsing_timeout=None)
    gold, given = read(_delimited(reference)), read(_delimited(answer))
    if not gold or not given:
        return None
    return bool(verify(gold, given, timeout_seconds=None, raise_on_error=True))


def _harmless(text: str) -> bool:
    depth = deepest = 0
    for char in text:
        depth += (char in "([{") - (char in ")]}")
        deepest = max(deepest, depth)
    return len(text) <= MAX_CHARS and deepest <= MAX_NESTED and not _RUN.search(text)


def _delimited(text: str) -> str:
    return text if "$" in text or "\\boxed" in text or "\\(" in text else f"${text}$"


@functools.cache
def _library() -> tuple[Any, Any, list[Any]]:
    from math_verify import (  # noqa: PLC0415 - takes seconds and is needed for few answers
        ExprExtractionConfig,
        LatexExtractionConfig,
        parse,
        verify,
    )

    for module in ("math_verify.parser", "math_verify.grader"):
        logging.getLogger(module).setLevel(logging.CRITICAL)  # it warns of each missing timeout

    return parse, verify, [LatexExtractionConfig(), ExprExtractionConfig()]
