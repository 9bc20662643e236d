"""Reads Python text that others wrote, without running it, warning of it or failing on it."""

import ast
import warnings
from typing import Any


class UnreadableError(ValueError):
    """Text that is no Python, or nested deeper than Python reads."""


def parsed(source: str) -> ast.Module:
    """Returns the syntax tree of a program.

    Raises:
        UnreadableError: it has none.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise UnreadableError(str(error)) from error


def parsed_expression(source: str) -> ast.expr:
    """Returns the syntax tree of an expression.

    Raises:
        UnreadableError: it is none.
    """
    match parsed(source.strip()).body:
        case [ast.Expr(value=expression)]:
            return expression
    raise UnreadableError("not one expression")


def literal(source: str | ast.expr) -> Any:  # noqa: ANN401 - any plain value
    """Returns the value that a literal stands for.

    Raises:
        UnreadableError: it is none.
    """
    expression = parsed_expression(source) if isinstance(source, str) else source
    try:
        return ast.literal_eval(expression)
    except (ValueError, TypeError, RecursionError, MemoryError) as error:
        raise UnreadableError(str(error)) from error
