"""Keeps model text that would be executed away from the scorers of reasoning-gym.

Read for reasoning-gym 0.1.25: four scorers call `eval` on the answer, five call sympy's
`parse_expr`, which evals, and one makes a `Fraction`, for which `1e999999999` is a number of a
billion digits. What these get is read here first, by a grammar that cannot execute; every other
scorer compares strings, parses JSON or converts numbers.
"""

import ast
import operator
import re
from collections import Counter
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from cotfactory_filters.verify.python_source import UnreadableError, literal, parsed_expression

Entry = Mapping[str, Any]
"""What reasoning-gym makes: `question`, `answer` (None: any valid one scores), `metadata`."""

MAX_EXPRESSION_CHARS = 2_000
MAX_EXPONENT = 100
MAX_POWERS = 2  # nested; (10**100)**100 has 10,001 digits, one more level a million

_WORDS = re.compile(r"[A-Za-z0-9_ \n]*")  # a row of words: nothing to call, nothing to compute
_FRACTION = re.compile(r"\s*[+-]?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,2})?(/\d{1,40})?\s*")
_ROOTS_AND_LOGS = frozenset({"exp", "log", "ln", "sqrt"})
_CIRCULAR = frozenset({"sin", "cos", "tan", "sec", "csc", "cot", "asin", "acos", "atan"})
_HYPERBOLIC = frozenset({"sinh", "cosh", "tanh", "asinh", "acosh", "atanh"})
_FUNCTIONS = _ROOTS_AND_LOGS | _CIRCULAR | _HYPERBOLIC
_SYMPY_OBJECTS = frozenset("NOQS")  # single letters that sympy does not read as symbols
_PLAIN_NODES = (
    *(ast.BinOp, ast.UnaryOp, ast.Load),
    *(ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.UAdd, ast.USub),
)
_EXACT: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def scorable(dataset: str, answer: str) -> str | None:
    """Returns what the scorer of `dataset` may get for `answer`, None when it must get nothing."""
    guard = _GUARDS.get(dataset)
    return answer if guard is None else guard(answer)


def objection(dataset: str, answer: str, entry: Entry) -> str:
    """Says why an answer with a full score is wrong all the same; empty when it is right.

    Two scorers of reasoning-gym 0.1.25 give full score to wrong answers.
    """
    check = _SECOND_LOOKS.get(dataset)
    return "" if check is None else check(answer, entry)


def _words_or_literal(answer: str) -> str | None:
    if _WORDS.fullmatch(answer):
        return answer
    if len(answer) > MAX_EXPRESSION_CHARS:
        return None
    try:
        literal(answer)
    except UnreadableError:
        return None
    return answer


def _arithmetic(answer: str) -> str | None:
    tree = _expression(answer)
    numeric = tree is not None and not any(isinstance(n, ast.Name) for n in ast.walk(tree))
    return answer.strip() if numeric else None


def _symbolic(answer: str) -> str | None:
    return None if _expression(answer) is None else answer.strip()


def _fraction(answer: str) -> str | None:
    return answer if _FRACTION.fullmatch(answer.replace(",", "")) else None


def _expression(text: str) -> ast.expr | None:
    """Reads numbers, symbols of one letter, the usual functions, + - * / ** and parentheses."""
    if len(text) > MAX_EXPRESSION_CHARS or not text.isascii():
        return None
    try:
        tree = parsed_expression(text)
        harmless = all(map(_is_allowed, ast.walk(tree))) and _depth_of_powers(tree) <= MAX_POWERS
    except (UnreadableError, RecursionError):
        return None
    return tree if harmless else None


def _is_allowed(node: ast.AST) -> bool:
    match node:
        case ast.Constant(value=value):
            return type(value) in (int, float)
        case ast.Name(id=name):
            symbol = len(name) == 1 and name not in _SYMPY_OBJECTS
            return symbol or name == "pi" or name in _FUNCTIONS
        case ast.Call(func=ast.Name(id=name), args=[_], keywords=[]):
            return name in _FUNCTIONS
        case ast.BinOp(op=ast.Pow(), right=exponent):
            return _is_small_exponent(exponent)
    return isinstance(node, _PLAIN_NODES)


def _depth_of_powers(node: ast.AST) -> int:
    below = max(map(_depth_of_powers, ast.iter_child_nodes(node)), default=0)
    return below + (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow))


def _is_small_exponent(node: ast.expr) -> bool:
    """Whether the numbers in an exponent multiply to little and none is raised to another."""
    product = 1.0
    for part in ast.walk(node):
        if isinstance(part, ast.Pow):
            return False
        if isinstance(part, ast.Constant) and isinstance(part.value, int | float):
            product *= max(1.0, min(abs(part.value), 2.0 * MAX_EXPONENT))
    return product <= MAX_EXPONENT


def _puzzle24_objection(answer: str, entry: Entry) -> str:
    """The scorer truncates the value (24.5 counts) and does not look which numbers were used."""
    tree = _expression(answer)
    if tree is None:
        return "not an arithmetic expression"
    given = Counter(entry["metadata"]["numbers"])
    used = Counter(n.value for n in ast.walk(tree) if isinstance(n, ast.Constant))
    if used != given:
        return "uses other numbers than the ones given"
    try:
        value = _exact_value(tree)
    except ZeroDivisionError:
        return "divides by zero"
    return "" if value == 24 else f"is {value}, not 24"  # noqa: PLR2004 - the game's name


def _exact_value(node: ast.expr) -> Fraction | None:
    match node:
        case ast.Constant(value=int() | float() as number):
            return Fraction(number)
        case ast.UnaryOp(op=op, operand=operand):
            value = _exact_value(operand)
            return -value if value is not None and isinstance(op, ast.USub) else value
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _EXACT:
            a, b = _exact_value(left), _exact_value(right)
            return None if a is None or b is None else _EXACT[type(op)](a, b)
    return None


def _halting_objection(answer: str, entry: Entry) -> str:
    """The scorer compares bool("True") with bool("False"), which are both true."""
    expected = str(entry["answer"])
    same = answer.strip().lower() == expected.lower()
    return "" if same else f"the answer is {expected}"


_GUARDS: dict[str, Callable[[str], str | None]] = {
    "binary_matrix": _words_or_literal,
    "n_queens": _words_or_literal,
    "spiral_matrix": _words_or_literal,
    "string_insertion": _words_or_literal,
    "countdown": _arithmetic,
    "puzzle24": _arithmetic,
    "simple_integration": _symbolic,
    "intermediate_integration": _symbolic,
    "polynomial_multiplication": _symbolic,
    "coin_flip": _fraction,
}
_SECOND_LOOKS: dict[str, Callable[[str, Entry], str]] = {
    "game_of_life_halting": _halting_objection,
    "puzzle24": _puzzle24_objection,
}
