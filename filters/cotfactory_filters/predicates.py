"""Checks that a recipe's SQL is one expression over the columns of one row, before it runs.

Recipe text reaches DuckDB only through `parse`, and only in a connection that `lock` has cut off
from files, extensions and settings.
"""

import difflib
import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import duckdb

from cotfactory_filters.annotate import REGISTRY
from cotfactory_filters.select import DUPLICATE_COLUMNS
from cotfactory_schemas import Rule

_LIMIT = re.compile(r"\$limit\b")


@dataclass(frozen=True)
class Expression:
    """A checked SQL expression and the columns that it reads, in order of appearance."""

    sql: str
    columns: tuple[str, ...]


def lock(connection: duckdb.DuckDBPyConnection) -> None:
    """Cuts the connection off from files, the network, extensions and its own settings."""
    for setting in (
        "enable_external_access = false",
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        "python_enable_replacements = false",
        "lock_configuration = true",
    ):
        connection.execute(f"SET {setting}")


def parse(
    connection: duckdb.DuckDBPyConnection, text: str, known: Collection[str], where: str
) -> Expression:
    """Checks `text` as one expression over the columns `known`.

    `where` is the recipe's path of the text, for messages.

    Raises:
        ValueError: it is no single expression, holds a subquery, or names an unknown column.
    """
    node = _only_select(connection, f"SELECT (\n{text}\n)", where)
    if len(node["select_list"]) != 1 or node["modifiers"]:
        raise ValueError(f"{where}: must be one SQL expression, such as: completion_tokens > 100.")
    return Expression(text, _columns(node["select_list"], known, where))


def parse_order(
    connection: duckdb.DuckDBPyConnection, text: str, known: Collection[str], where: str
) -> Expression:
    """Checks `text` as one term of an ORDER BY: an expression, and ASC or DESC, NULLS LAST.

    Raises:
        ValueError: as `parse`.
    """
    node = _only_select(connection, f"SELECT 1 ORDER BY\n{text}\n", where)
    orders = [order for modifier in node["modifiers"] for order in modifier.get("orders", [])]
    if len(orders) != 1 or len(node["modifiers"]) != 1 or len(node["select_list"]) != 1:
        raise ValueError(f"{where}: must be one term of an ORDER BY, such as: completion_tokens.")
    return Expression(text, _columns(orders, known, where))


def of_rule(
    connection: duckdb.DuckDBPyConnection, name: str, rule: Rule, known: Collection[str]
) -> Expression:
    """Checks the predicate of a rule, its limit put in.

    Raises:
        ValueError: as `parse`, or the limit is missing.
    """
    where = f"filter.rules.{name}.reject_if"
    text = rule.reject_if
    if _LIMIT.search(text):
        if rule.limit is None:
            raise ValueError(f"{where}: uses $limit, but the rule has no limit. Add `limit:`.")
        text = _LIMIT.sub(f"({rule.limit!r})", text)
    try:
        return parse(connection, text, known, where)
    except ValueError as error:
        raise ValueError(
            f"{error} Or switch the rule off: --set filter.rules.{name}=null"
        ) from error


def _only_select(
    connection: duckdb.DuckDBPyConnection, statement: str, where: str
) -> dict[str, Any]:
    """Parses a statement that must be one SELECT without FROM, WHERE or subqueries."""
    row = connection.execute("SELECT json_serialize_sql(?)", [statement]).fetchone()
    parsed: dict[str, Any] = json.loads(row[0]) if row else {}
    if parsed.get("error", True):
        raise ValueError(f"{where}: not SQL: {parsed.get('error_message')}.")
    nodes = [statement["node"] for statement in parsed["statements"]]
    node: dict[str, Any] = nodes[0] if len(nodes) == 1 else {}
    if node.get("type") != "SELECT_NODE" or node["from_table"]["type"] != "EMPTY":
        raise ValueError(f"{where}: must be one SQL expression, such as: completion_tokens > 100.")
    if node["where_clause"] or node["having"] or node["qualify"] or node["group_expressions"]:
        raise ValueError(f"{where}: must be an expression alone, without WHERE or GROUP BY.")
    if any(part.get("class") in {"SUBQUERY", "STAR"} for part in _walk(node)):
        raise ValueError(f"{where}: may only use the columns of its own row, no SELECT and no *.")
    return node


def _columns(tree: Any, known: Collection[str], where: str) -> tuple[str, ...]:  # noqa: ANN401 - JSON
    own = {name.lower(): name for name in known}
    columns: dict[str, None] = {}
    for reference in _references(tree, frozenset()):
        name = own.get(reference.lower())
        if name is None:
            raise ValueError(f"{where}: {_unknown(reference, known)}")
        columns[name] = None
    return tuple(columns)


def _walk(tree: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - JSON
    if isinstance(tree, dict):
        yield tree
        tree = list(tree.values())
    if isinstance(tree, list):
        for child in tree:
            yield from _walk(child)


def _references(tree: Any, bound: frozenset[str]) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Yields column names; the parameters of lambdas are none."""
    if isinstance(tree, list):
        for child in tree:
            yield from _references(child, bound)
    elif isinstance(tree, dict):
        if tree.get("class") == "LAMBDA":
            bound |= frozenset(_references(tree["lhs"], frozenset()))
        if tree.get("class") == "COLUMN_REF" and tree["column_names"][0] not in bound:
            yield tree["column_names"][0]
        for name, child in tree.items():
            if not (tree.get("class") == "LAMBDA" and name == "lhs"):
                yield from _references(child, bound)


def _unknown(column: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(column, known, n=1, cutoff=0.8)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    owner = "minhash" if column in DUPLICATE_COLUMNS else column.partition("_")[0]
    if owner in REGISTRY.names():
        hint = f" Switch its annotator on (filter.annotators.{owner})."
    return f"reads the column '{column}', which this run does not have.{hint}"
