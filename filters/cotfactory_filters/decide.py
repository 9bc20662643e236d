"""Decides every trace: which rules fire, which duplicate stays, who is selected.

Works on a DuckDB connection that holds the table `measures` (one row a trace, no text) and, where
near-duplicates were looked for, `pairs` (a, b, jaccard), and makes its working tables there.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from cotfactory_filters import predicates, select
from cotfactory_filters.predicates import Expression
from cotfactory_filters.rules import NOT_SELECTED, OVER_QUOTA, PLACES
from cotfactory_schemas import Rule, tables
from cotfactory_schemas.recipe import SelectSettings

SHOWN_WITH: Mapping[str, tuple[str, ...]] = {
    "near_duplicate_of": ("near_duplicate_jaccard",),
    "contamination_problem_share": ("contamination_problem_item", "contamination_problem_span"),
    "contamination_trace_share": ("contamination_trace_item", "contamination_trace_span"),
}
"""Columns recorded beside another one when a rule reads that."""

_EXCESS = "domain_rank_ IS NOT NULL"


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
    connection: duckdb.DuckDBPyConnection,
    rules: Mapping[str, Rule],
    selection: SelectSettings,
    seed: int = 0,
) -> pa.Table:
    """Returns the decisions (schema `tables.DECISIONS`), one for each row of `measures`.

    Raises:
        ValueError: a rule or an order expression is not right; the message names it and the mend.
    """
    measured = _columns(connection, "measures")
    known = [*measured, *select.duplicate_columns(measured)]
    checks = _checks(connection, rules, known)
    order = [
        predicates.parse_order(connection, text, measured, f"filter.select.order_by[{i}]").sql
        for i, text in enumerate(selection.order_by)
    ]
    _judge(connection, checks, measured)
    connection.execute(f"CREATE TABLE ranks AS {select.ranks(f'NOT ({_any(checks)})', order)}")
    _mix(connection, selection, seed)
    return _decisions(connection, checks, selection, known)


def _judge(
    connection: duckdb.DuckDBPyConnection, checks: Sequence[_Check], measured: Collection[str]
) -> None:
    """Makes the view `flagged`: measures, duplicates, and a flag for each check.

    Working tables are narrow and joined by `place_`: copying measures would cost most of the time.
    """
    early = [check for check in checks if not check.late]
    late = [check for check in checks if check.late]
    connection.execute("CREATE VIEW m AS SELECT rowid AS place_, * FROM measures")
    _flag(connection, "early", "m", early)
    judged = "m JOIN early USING (place_)"
    if select.duplicate_columns(measured):
        groups = select.duplicates(_any(early), measured)
        connection.execute(f"CREATE TABLE duplicates AS {groups}")
        judged += " LEFT JOIN duplicates USING (place_)"
    connection.execute(f"CREATE VIEW judged AS SELECT * FROM {judged}")
    _flag(connection, "late", "judged", late)
    connection.execute("CREATE VIEW flagged AS SELECT * FROM judged JOIN late USING (place_)")


def _mix(connection: duckdb.DuckDBPyConnection, selection: SelectSettings, seed: int) -> None:
    """Makes the table `excess`: what has its domain's share before it."""
    ranked = select.domain_ranks(selection.per_problem, seed)
    connection.execute(f"CREATE TABLE mixed AS {ranked}")
    counted = connection.execute("SELECT domain, count(*) FROM mixed GROUP BY domain").fetchall()
    bounds = select.limits(dict(counted), selection)
    connection.execute("CREATE TABLE bounds (domain VARCHAR, bound BIGINT)")
    for domain, bound in bounds.items():
        connection.execute("INSERT INTO bounds VALUES (?, ?)", [domain, bound])
    connection.execute(
        "CREATE TABLE excess AS SELECT place_, domain_rank_ FROM mixed JOIN bounds USING (domain) "
        "WHERE domain_rank_ > bound"
    )


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
    """Makes `target`: `place_` and one boolean column for each check on `source`."""
    for check in checks:
        _must_be_boolean(connection, source, check)
    flags = "".join(f", {check.sql}" for check in checks)
    try:
        connection.execute(f"CREATE TABLE {target} AS SELECT place_{flags} FROM {source}")
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
    flags = [*((c.name, c.flag) for c in checks), (NOT_SELECTED, lost), (OVER_QUOTA, _EXCESS)]
    names = [f"CASE WHEN {flag} THEN {literal(name)} END" for name, flag in flags]
    values = [
        f"CASE WHEN {lost} THEN '\"{PLACES[NOT_SELECTED]}\": ' || rank_ END",
        f"CASE WHEN {_EXCESS} THEN '\"{PLACES[OVER_QUOTA]}\": ' || domain_rank_ END",
    ]
    for column in known:
        readers = [check.flag for check in checks if column in shown(check.condition.columns)]
        if readers:
            key = literal(f"{json.dumps(column)}: ")
            values.append(f"CASE WHEN {' OR '.join(readers)} THEN {key} || {_json(column)} END")
    rows = connection.sql(
        f"SELECT trace_id, NOT ({' OR '.join(flag for _, flag in flags)}) AS kept, "
        f"list_filter([{', '.join(names)}], lambda name: name IS NOT NULL) AS rules, "
        f"'{{' || concat_ws(', ', {', '.join(values)}) || '}}' AS values "
        "FROM flagged LEFT JOIN ranks USING (place_) LEFT JOIN excess USING (place_) "
        "ORDER BY trace_id"
    )
    table: pa.Table = rows.to_arrow_table()
    return table.cast(tables.DECISIONS)


def _json(column: str) -> str:
    """A column's value as JSON text; numbers that JSON cannot say are written as texts."""
    value = f"CAST(to_json({quoted(column)}) AS VARCHAR)"
    return f"coalesce(regexp_replace({value}, '^(-?(NaN|nan|Infinity|inf))$', '\"\\1\"'), 'null')"


def shown(columns: Sequence[str]) -> list[str]:
    """The columns that are recorded for a rule that reads `columns`."""
    return [*columns, *(beside for column in columns for beside in SHOWN_WITH.get(column, ()))]


def quoted(name: str) -> str:
    """Returns a SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Returns a SQL string literal."""
    return "'" + text.replace("'", "''") + "'"
