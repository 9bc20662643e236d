"""Finds the program in a response."""

import ast
import re
import textwrap
from collections.abc import Iterator
from typing import NamedTuple

from cotfactory_filters.verify.python_source import UnreadableError, parsed

_PYTHON = frozenset({"", "python", "python3", "py", "py3", "python2"})
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})[ \t]*([^\s`]*)")
_READS_INPUT = re.compile(r"\binput\s*\(|\bstdin\b")


class Program(NamedTuple):
    """A program, and how it was found: `fenced`, `fenced_open` (never closed) or `whole`."""

    source: str
    found: str


class _Block(NamedTuple):
    language: str
    text: str
    closed: bool


def final_program(response: str, wanted: frozenset[str]) -> Program | None:
    """Returns the last Python program of `response` that defines what is wanted.

    Without such a one it is the last that is Python at all, so that a program with a wrong name
    is judged rather than overlooked. Where no name is wanted (a whole program is), one that reads
    its input goes before one that does not: an example of use often stands last.
    """
    found = [
        Program(block.text, "fenced" if block.closed else "fenced_open")
        for block in _blocks(response)
        if block.language.lower() in _PYTHON
    ]
    found = [p for p in found if _parsed(p.source)] or found
    if not found:
        whole = response.strip("\n")
        defines = _defines(whole)
        return Program(whole, "whole") if defines & wanted or _is_script(whole, wanted) else None
    fitting = [program for program in found if _fits(program.source, wanted)]
    return (fitting or found)[-1]


def _blocks(response: str) -> Iterator[_Block]:
    opened: tuple[str, str] | None = None
    lines: list[str] = []
    for line in response.split("\n"):
        fence = _FENCE.match(line)
        if opened is None:
            if fence:
                opened, lines = (fence[1], fence[2]), []
        elif fence and not fence[2] and fence[1].startswith(opened[0]):
            yield _Block(opened[1], textwrap.dedent("\n".join(lines)), closed=True)
            opened = None
        else:
            lines.append(line)
    if opened is not None:
        yield _Block(opened[1], textwrap.dedent("\n".join(lines)), closed=False)


def _fits(source: str, wanted: frozenset[str]) -> bool:
    return bool(_defines(source) & wanted if wanted else _READS_INPUT.search(source))


def _is_script(source: str, wanted: frozenset[str]) -> bool:
    return not wanted and "print" in source and _parsed(source) is not None


def _defines(source: str) -> frozenset[str]:
    """Returns the names that a program defines at its top level."""
    tree = _parsed(source)
    names: set[str] = set()
    for node in tree.body if tree else ():
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Assign(targets=targets):
                names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return frozenset(names)


def _parsed(source: str) -> ast.Module | None:
    try:
        return parsed(source)
    except UnreadableError:
        return None
