"""Reads a problem's tests, so that results can be compared outside the program's process.

Tests are source text of a data set: they are parsed here, never run here.
"""

import ast
import builtins
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from cotfactory_filters.verify.python_source import UnreadableError, literal, parsed

Relation = Literal["equal", "identical", "true", "false"]

_CONSTANT_NAMES = (None, True, False)


class Case(NamedTuple):
    """`name(*args, **kwargs)` must stand in `relation` to `expected`; all of it plain data."""

    name: str
    args: list[Any]
    kwargs: dict[str, Any]
    relation: Relation
    expected: Any = None

    def holds(self, value: object) -> bool:
        """Whether `value`, which wire.decode made, is what the test asks for."""
        match self.relation:
            case "equal":
                return bool(value == self.expected)
            case "identical":
                return value is self.expected
            case "true":
                return bool(value)
            case "false":
                return not value


class Suite(NamedTuple):
    """Tests as read. `cases` is None when they must be run to know what they ask."""

    cases: list[Case] | None
    wanted: frozenset[str]
    """The names that the tests use and do not define: those the program has to bring."""
    check: str | None
    """What `check`, which the tests define and do not call, is to be called with."""


class _NeedsRunningError(Exception):
    """A test that is more than a comparison of one call with plain data."""


def read_suite(tests: str, prelude: str, entry_point: str | None) -> Suite:
    """Reads tests: asserts, alone or in a `check(candidate)`.

    Raises:
        ValueError: they are no Python.
    """
    try:
        tree, before = parsed(tests), parsed(prelude)
        wanted = _used(tree) - _defined(tree) - _defined(before) - frozenset(dir(builtins))
        check = entry_point if entry_point and _leaves_check_uncalled(tree) else None
        if entry_point:
            wanted |= {entry_point.partition(".")[0].removesuffix("()")}
        cases = _read_cases(tree, check)
    except (UnreadableError, RecursionError) as error:
        raise ValueError(f"the tests cannot be read: {error}") from error
    return Suite(cases, wanted, check)


def _used(tree: ast.AST) -> frozenset[str]:
    loads = (n for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
    return frozenset(node.id for node in loads)


def _defined(tree: ast.AST) -> frozenset[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                names.add(name)
            case ast.alias(name=name, asname=asname):
                names.add((asname or name).partition(".")[0])
    return frozenset(names)


def _leaves_check_uncalled(tree: ast.Module) -> bool:
    return "check" in _defined(tree) and "check" not in _used(tree)


def _read_cases(tree: ast.Module, check: str | None) -> list[Case] | None:
    functions = {s.name: s for s in tree.body if isinstance(s, ast.FunctionDef)}
    try:
        cases = list(_cases(tree.body, functions, {}))
        if check is not None:
            cases += _checked(functions["check"], check, functions)
    except (_NeedsRunningError, KeyError):
        return None
    return cases or None


def _cases(
    body: list[ast.stmt], functions: dict[str, ast.FunctionDef], renamed: dict[str, str]
) -> Iterator[Case]:
    for statement in body:
        match statement:
            case ast.Assert(test=ast.Constant(value=True)) | ast.Pass() | ast.FunctionDef():
                continue
            case ast.Expr(value=ast.Constant()) | ast.Assign(value=ast.Dict() | ast.Constant()):
                continue
            case ast.Assert(test=test):
                yield _case(test, renamed)
            case ast.Expr(value=ast.Call(func=ast.Name(id=name), args=args, keywords=[])):
                yield from _called(name, args, functions)
            case _:
                raise _NeedsRunningError


def _called(
    name: str, args: list[ast.expr], functions: dict[str, ast.FunctionDef]
) -> Iterator[Case]:
    """A call of a function that the tests define: `check(f)`, or `test_check()` that calls it."""
    rest = {other: function for other, function in functions.items() if other != name}
    match args:
        case []:
            yield from _cases(functions[name].body, rest, {})
        case [ast.Name(id=candidate)]:
            yield from _checked(functions[name], candidate, rest)
        case _:
            raise _NeedsRunningError


def _checked(
    check: ast.FunctionDef, candidate: str, functions: dict[str, ast.FunctionDef]
) -> Iterator[Case]:
    if len(check.args.args) != 1:
        raise _NeedsRunningError
    yield from _cases(check.body, functions, {check.args.args[0].arg: candidate})


def _case(test: ast.expr, renamed: dict[str, str]) -> Case:
    match test:
        case ast.Compare(left=ast.Call() as call, ops=[ast.Eq()], comparators=[expected]):
            return Case(*_call(call, renamed), "equal", _plain(expected))
        case ast.Compare(left=expected, ops=[ast.Eq()], comparators=[ast.Call() as call]):
            return Case(*_call(call, renamed), "equal", _plain(expected))
        case ast.Compare(
            left=ast.Call() as call, ops=[ast.Is()], comparators=[ast.Constant(value=value)]
        ) if value in _CONSTANT_NAMES:
            return Case(*_call(call, renamed), "identical", value)
        case ast.UnaryOp(op=ast.Not(), operand=ast.Call() as call):
            return Case(*_call(call, renamed), "false")
        case ast.Call() as call:
            return Case(*_call(call, renamed), "true")
    raise _NeedsRunningError


def _call(call: ast.Call, renamed: dict[str, str]) -> tuple[str, list[Any], dict[str, Any]]:
    name = _path(call.func, renamed)
    if name in dir(builtins) or any(keyword.arg is None for keyword in call.keywords):
        raise _NeedsRunningError
    kwargs = {str(keyword.arg): _plain(keyword.value) for keyword in call.keywords}
    return name, [_plain(arg) for arg in call.args], kwargs


def _path(function: ast.expr, renamed: dict[str, str]) -> str:
    """`f`, or `Solution().f`."""
    match function:
        case ast.Name(id=name):
            return renamed.get(name, name)
        case ast.Attribute(
            value=ast.Call(func=ast.Name(id=name), args=[], keywords=[]), attr=attribute
        ):
            return f"{name}().{attribute}"
    raise _NeedsRunningError


def _plain(node: ast.expr) -> Any:  # noqa: ANN401 - any plain value
    try:
        return literal(node)
    except UnreadableError:
        raise _NeedsRunningError from None
