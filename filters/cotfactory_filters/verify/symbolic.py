"""Asks math-verify (sympy behind a LaTeX grammar) about answers that our own grammar cannot read.

Slow (tens of milliseconds a pair, up to the time limit) and only ever called in a worker process,
whose alarm ends it. The text goes through latex2sympy's grammar; nothing is evaluated as Python.
"""

import functools
from typing import Any

MAX_CHARS = 2000


def load() -> None:
    """Imports sympy and math-verify, which takes seconds."""
    _library()


def symbolically_equal(reference: str, answer: str) -> bool | None:
    """Whether math-verify finds the two equal; None when it can read one of them not at all.

    Raises:
        ValueError: an input is longer than the 2,000 characters that bound its cost.
    """
    if max(len(reference), len(answer)) > MAX_CHARS:
        raise ValueError(f"more than {MAX_CHARS} characters")
    parse, verify, config = _library()
    read = functools.partial(parse, extraction_config=config, parsing_timeout=None)
    gold, given = read(_delimited(reference)), read(_delimited(answer))
    if not gold or not given:
        return None
    return bool(verify(gold, given, timeout_seconds=None, raise_on_error=True))


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

    return parse, verify, [LatexExtractionConfig(), ExprExtractionConfig()]
