"""Decides every trace: which rules fire, which duplicate stays, who is selected.

Works on a DuckDB connection that holds the table `measures` (one row a trace, no text) and, where
near-duplicates were looked for, `pairs` (a, b, jaccard). It leaves the table `decided`.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from cotfactory_filters import predicates, select
from cotfactory_filters.predicates import Expression
from cotfactory_filters.rules import NOT_SELECTED
from cotfactory_schemas import Rule, tables
from cotfactory_schemas.recipe import SelectSettings

SHOWN_WITH: Mapping[str, tuple[str, ...]] = {
    "near_duplicate_of": ("near_duplicate_jaccard",),
    "contamination_problem_share": ("contamination_problem_item", "contamination_problem_span"),
    "contamination_trace_share": ("contamination_trace_item", "contamination_trace_span"),
}
"""Columns recorded beside another one when a rule reads that."""


@dataclass(frozen=True)
class _Check:
    """A rule with its flag's column name in the working tables."""

    name: str
    flag: str
    condition: Expression

    @property
    def late(self) -> bool:
        """Whether it looks at duplicates, of which one is kept that no other rule rejects."""
        return not set(self.condition.columns).isdisjoint(select.DUPLICATE_COLUMNS)

    @property
    def sql(self) -> str:
        return f"coalesce((\n{self.condition.sql}\n), false) AS {self.flag}"


def decide(
    connection: duckdb.DuckDBPyConnection, rules: Mapping[str, Rule], selection: SelectSettings
) -> pa.Table:
    """Returns the decisions (schema `tables.DECISIONS`), one for each row of `measures`.

    Raises:
        ValueError: a rule or an order expression is not right; the message names it and the mend.
    """
    known = _columns(connection, "measures")
    duplicates = select.duplicate_columns(known)
    checks = _checks(connection, rules, [*known, *duplicates])
    early = [check for check in checks if not check.late]
    order = [
        predicates.parse_order(connection, text, known, f"filter.select.order_by[{i}]")
        for i, text in enumerate(selection.order_by)
    ]
    _flag(connection, "early", "measures", early)
    connection.execute(select.with_duplicates("early", "judged", known, _any(early)))
    _flag(connection, "flagged", "judged", [check for check in checks if check.late])
    connection.execute(select.ranked("flagged", "decided", _any(checks), [e.sql for e in order]))
    return _decisions(connection, checks, selection, [*known, *duplicates])


def _checks(
    connection: duckdb.DuckDBPyConnection, rules: Mapping[str, Rule], known: Collection[str]
) -> list[_Check]:
    checks: list[_Check] = []
    wrong: list[str] = []
    for name, rule in rules.items():
        try:
            condition = predicates.of_rule(connection, name, rule, known)
        except ValueError as error:
            wrong.append(str(error))
        else:
            checks.append(_Check(name, f"r{len(checks)}_", condition))
    if wrong:
        raise ValueError("\n".join(wrong))
    return checks


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    rows = connection.execute(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ?", [table]
    ).fetchall()
    return dict(rows)


def _any(checks: Sequence[_Check]) -> str:
    return " OR ".join(check.flag for check in checks) or "false"


def _flag(
    connection: duckdb.DuckDBPyConnection, target: str, source: str, checks: Sequence[_Check]
) -> None:
    """Makes `target`: `source` and one boolean column for each check."""
    for check in checks:
        _must_be_boolean(connection, source, check)
    flags = "".join(f", {check.sql}" for check in checks)
    try:
        connection.execute(f"CREATE TABLE {target} AS SELECT *{flags} FROM {source}")
    except duckdb.Error as error:
        raise ValueError(_culprit(connection, source, checks) or str(error)) from error


def _must_be_boolean(connection: duckdb.DuckDBPyConnection, source: str, check: _Check) -> None:
    where = f"filter.rules.{check.name}.reject_if"
    try:
        connection.execute(f"SELECT trace_id, (\n{check.condition.sql}\n) FROM {source} LIMIT 0")
    except duckdb.Error as error:
        raise ValueError(f"{where}: {error}") from error
    kind = str((connection.description or [])[1][1])
    if kind != "BOOLEAN":
        raise ValueError(f"{where}: is {kind}, not a condition. Compare it with something.")


def _culprit(
    connection: duckdb.DuckDBPyConnection, source: str, checks: Sequence[_Check]
) -> str | None:
    for check in checks:
        try:
            connection.execute(
                f"SELECT count(*) FILTER (WHERE (\n{check.condition.sql}\n)) FROM {source}"
            )
        except duckdb.Error as error:
            return f"filter.rules.{check.name}.reject_if: {error}"
    return None


def _decisions(
    connection: duckdb.DuckDBPyConnection,
    checks: Sequence[_Check],
    selection: SelectSettings,
    known: Sequence[str],
) -> pa.Table:
    most = selection.per_problem
    lost = "false" if most is None else f"coalesce(rank_ > {most}, false)"
    names = [f"CASE WHEN {c.flag} THEN {_literal(c.name)} END" for c in checks]
    names.append(f"CASE WHEN {lost} THEN {_literal(NOT_SELECTED)} END")
    values = [f"CASE WHEN {lost} THEN '\"rank\": ' || rank_ END"]
    for column in known:
        flags = [check.flag for check in checks if column in shown(check.condition.columns)]
        if flags:
            key = _literal(f"{json.dumps(column)}: ")
            value = f"coalesce(CAST(to_json({_quoted(column)}) AS VARCHAR), 'null')"
            values.append(f"CASE WHEN {' OR '.join(flags)} THEN {key} || {value} END")
    rows = connection.sql(
        f"SELECT trace_id, NOT ({_any(checks)} OR {lost}) AS kept, "
        f"list_filter([{', '.join(names)}], lambda name: name IS NOT NULL) AS rules, "
        f"'{{' || concat_ws(', ', {', '.join(values)}) || '}}' AS values "
        "FROM decided ORDER BY trace_id"
    )
    table: pa.Table = rows.to_arrow_table()
    return table.cast(tables.DECISIONS)


def shown(columns: Sequence[str]) -> list[str]:
    """The columns that are recorded for a rule that reads `columns`."""
    return [*columns, *(beside for column in columns for beside in SHOWN_WITH.get(column, ()))]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
