"""Rows that a person should see: picked by id, so that the same run shows the same ones."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from cotfactory.report.spans import Segment, segments, shortened

TEXT_CHARACTERS = 6000
PAIR_CHARACTERS = 2400  # two stand side by side, and the turning point is to be seen


@dataclass(frozen=True)
class Sample:
    """A row of a split as a page shows it. `values` are what the rules that fired looked at."""

    row: Mapping[str, Any]
    text: Sequence[Segment]
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Pair:
    """A journey and the shortcut of the same problem, if there is one."""

    journey: Sample
    shortcut: Sample | None


def kept(connection: duckdb.DuckDBPyConnection, number: int) -> list[Sample]:
    """Rows of the shortcut split, at most one a problem, domains in turn."""
    ids = _ids(
        connection,
        "SELECT trace_id FROM splits WHERE split = 'shortcut' "
        "QUALIFY row_number() OVER (PARTITION BY problem_id ORDER BY trace_id) = 1 "
        "ORDER BY row_number() OVER (PARTITION BY domain ORDER BY trace_id), domain LIMIT ?",
        number,
    )
    return _samples(connection, "shortcut", ids)


def rejected(connection: duckdb.DuckDBPyConnection, each: int) -> dict[str, list[Sample]]:
    """Rejected rows by the first rule that rejected them, the most frequent rule first."""
    rules = connection.execute(
        "SELECT coalesce(rules[1], ''), list(trace_id ORDER BY trace_id)[1:?] FROM splits "
        "WHERE split = 'rejected' GROUP BY 1 ORDER BY count(*) DESC, 1",
        [each],
    ).fetchall()
    return {rule: _samples(connection, "rejected", ids) for rule, ids in rules}


def pairs(connection: duckdb.DuckDBPyConnection, each: int) -> list[Pair]:
    """Journeys of every origin with their shortcuts."""
    ids = _ids(
        connection,
        "SELECT trace_id FROM splits WHERE split = 'journey' "
        "QUALIFY row_number() OVER (PARTITION BY origin ORDER BY trace_id) <= ? "
        "ORDER BY origin, trace_id",
        each,
    )
    journeys = _samples(connection, "journey", ids, PAIR_CHARACTERS)
    paired = [s.row["pair_id"] for s in journeys if s.row["pair_id"]]
    found = _samples(connection, "shortcut", paired, PAIR_CHARACTERS)
    shortcuts = {s.row["trace_id"]: s for s in found}
    return [Pair(j, shortcuts.get(j.row["pair_id"])) for j in journeys]


def _ids(connection: duckdb.DuckDBPyConnection, sql: str, number: int) -> list[str]:
    return [row[0] for row in connection.execute(sql, [number]).fetchall()]


def _samples(
    connection: duckdb.DuckDBPyConnection,
    split: str,
    ids: Sequence[str],
    characters: int = TEXT_CHARACTERS,
) -> list[Sample]:
    """The rows of `ids`, in their order; texts are read for these alone."""
    found = connection.execute(
        "SELECT s.*, d.values FROM splits s LEFT JOIN decisions d USING (trace_id) "
        "WHERE s.split = ? AND s.trace_id IN (SELECT unnest(?))",
        [split, list(dict.fromkeys(ids))],
    )
    names = [column[0] for column in found.description or []]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    by_id = {row["trace_id"]: _sample(row, characters) for row in rows}
    return [by_id[trace_id] for trace_id in dict.fromkeys(ids) if trace_id in by_id]


def _sample(row: Mapping[str, Any], characters: int) -> Sample:
    """Prepares a row of the splits for a page that shows many."""
    shown = whole(row)
    return Sample(row, shortened(shown.text, characters), shown.values)


def whole(row: Mapping[str, Any]) -> Sample:
    """Prepares a row of the splits for a page of its own."""
    text = row["messages"][-1]["content"] if row["messages"] else ""
    parts = segments(text, row["spans"] or ())
    return Sample(row, parts, json.loads(row.get("values") or "{}"))
