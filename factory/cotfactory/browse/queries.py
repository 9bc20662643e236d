"""What the pages ask a run. Nothing that a browser sends becomes SQL text."""

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import duckdb

from cotfactory import catalog
from cotfactory.report.facts import Facts, facts
from cotfactory.sql import database
from cotfactory.store.run import Run

PAGE_ROWS = 50
MEMORY_LIMIT = "4GiB"
PROMPT_CHARACTERS = 160

Row = Mapping[str, Any]

_JOINED = """
FROM traces t LEFT JOIN problems p USING (problem_id) LEFT JOIN verdicts v USING (trace_id)
     LEFT JOIN decisions d USING (trace_id)
"""
_WHERE_TRACE = {
    "domain": "p.domain = ?",
    "language": "p.language = ?",
    "source": "p.source = ?",
    "model": "t.model = ?",
    "finish": "t.finish_reason = ?",
    "status": "v.status = ?",
    "rule": "list_contains(d.rules, ?)",
    "kept": "d.kept = (? = 'yes')",
    "problem": "t.problem_id = ?",
    "search": "(contains(p.prompt, ?) OR contains(t.reasoning, ?) OR contains(t.response, ?))",
}
_WHERE_ROW = {
    "split": "split = ?",
    "part": "part = ?",
    "origin": "origin = ?",
    "domain": "domain = ?",
    "rule": "list_contains(rules, ?)",
    "problem": "problem_id = ?",
    "search": "(contains(prompt, ?) OR contains(reasoning, ?) OR contains(response, ?))",
}


@dataclass(frozen=True)
class Choices:
    """What the filters of the pages offer."""

    domain: Sequence[str]
    language: Sequence[str]
    source: Sequence[str]
    model: Sequence[str]
    finish: Sequence[str]
    status: Sequence[str]
    rule: Sequence[str]
    split: Sequence[str]
    part: Sequence[str]
    origin: Sequence[str]


_DISTINCT = {
    "domain": "domain FROM problems",
    "language": "language FROM problems",
    "source": "source FROM problems",
    "model": "model FROM traces",
    "finish": "finish_reason FROM traces",
    "status": "status FROM verdicts",
    "rule": "unnest(rules) FROM decisions",
    "split": "split FROM splits",
    "part": "part FROM splits",
    "origin": "origin FROM splits",
}


@dataclass(frozen=True)
class Page:
    """One page of a list, and whether another follows."""

    rows: Sequence[Row]
    number: int
    more: bool


class Looker:
    """Reads one run; opened anew when its files change. Safe to use from several threads."""

    def __init__(self, run: Run) -> None:
        self._path = run.path
        self._lock = threading.Lock()
        self._seen: object = None
        self._connection = database()
        self._choices: Choices | None = None
        self._facts: Facts | None = None

    def close(self) -> None:
        """Ends the reading."""
        self._connection.close()

    def facts(self) -> Facts:
        """What the run amounts to; counted once until its files change."""
        self._cursor()
        if self._facts is None:
            self._facts = facts(Run.read(self._path))
        return self._facts

    def choices(self) -> Choices:
        """The values that filters offer."""
        cursor = self._cursor()
        if self._choices is None:
            self._choices = Choices(
                **{f.name: _column(cursor, _DISTINCT[f.name]) for f in fields(Choices)}
            )
        return self._choices

    def traces(self, wanted: Mapping[str, str], number: int) -> Page:
        """Traces that fit all of `wanted`, by problem and sample."""
        where, values = _where(_WHERE_TRACE, wanted)
        return self._page(
            f"SELECT t.trace_id {_JOINED} {where} ORDER BY t.problem_id, t.sample, t.trace_id",
            values,
            number,
            f"SELECT t.trace_id, t.problem_id, t.sample, p.domain, v.status, v.extracted, "
            f"d.kept, d.rules, t.completion_tokens, left(p.prompt, {PROMPT_CHARACTERS}) AS prompt "
            f"{_JOINED} WHERE t.trace_id IN (SELECT unnest(?)) "
            "ORDER BY t.problem_id, t.sample, t.trace_id",
        )

    def split_rows(self, wanted: Mapping[str, str], number: int) -> Page:
        """Rows of the splits that fit all of `wanted`."""
        where, values = _where(_WHERE_ROW, wanted)
        order = "ORDER BY split, problem_id, trace_id"
        return self._page(
            f"SELECT split || ' ' || trace_id FROM splits {where} {order}",  # noqa: S608
            values,
            number,
            "SELECT split, part, origin, trace_id, problem_id, domain, status, rules, "  # noqa: S608
            f"completion_tokens, left(prompt, {PROMPT_CHARACTERS}) AS prompt FROM splits "
            f"WHERE split || ' ' || trace_id IN (SELECT unnest(?)) {order}",
        )

    def trace(self, trace_id: str) -> dict[str, Any] | None:
        """All that is known of one trace, with its problem, verdict, decision, annotations."""
        cursor = self._cursor()
        found: dict[str, Any] = {}
        for view in ("traces", "verdicts", "decisions", "annotations"):
            rows = _dicts(cursor.execute(f"SELECT * FROM {view} WHERE trace_id = ?", [trace_id]))  # noqa: S608
            found[view] = rows[0] if rows else {}
        if not found["traces"]:
            return None
        problem = [found["traces"]["problem_id"]]
        rows = _dicts(cursor.execute("SELECT * FROM problems WHERE problem_id = ?", problem))
        found["problems"] = rows[0] if rows else {}
        found["values"] = json.loads(found["decisions"].get("values") or "{}")
        found["splits"] = _dicts(
            cursor.execute(
                "SELECT split, trace_id, origin FROM splits WHERE list_contains(trace_ids, ?)",
                [trace_id],
            )
        )
        return found

    def row(self, split: str, trace_id: str) -> Row | None:
        """One row of a split."""
        rows = _dicts(
            self._cursor().execute(
                "SELECT s.*, d.values FROM splits s LEFT JOIN decisions d USING (trace_id) "
                "WHERE s.split = ? AND s.trace_id = ?",
                [split, trace_id],
            )
        )
        return rows[0] if rows else None

    def _page(self, ids_sql: str, values: list[str], number: int, rows_sql: str) -> Page:
        """Finds the ids first: texts are read for one page alone."""
        cursor = self._cursor()
        window = f" LIMIT {PAGE_ROWS + 1} OFFSET {(number - 1) * PAGE_ROWS}"
        ids = [row[0] for row in cursor.execute(ids_sql + window, values).fetchall()]
        rows = _dicts(cursor.execute(rows_sql, [ids[:PAGE_ROWS]]))
        return Page(rows, number, len(ids) > PAGE_ROWS)

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        with self._lock:
            run = Run.read(self._path)
            seen = [(file, file.stat().st_mtime_ns) for file in catalog.files_read(run)]
            if seen != self._seen:
                self._connection = catalog.connect(run)
                self._connection.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
                self._seen, self._choices, self._facts = seen, None, None
            return self._connection.cursor()


def _where(known: Mapping[str, str], wanted: Mapping[str, str]) -> tuple[str, list[str]]:
    used = {name: value for name, value in wanted.items() if name in known and value}
    conditions = [known[name] for name in used]
    values = [value for name, value in used.items() for _ in range(known[name].count("?"))]
    return (f"WHERE {' AND '.join(conditions)}" if conditions else ""), values


def _column(cursor: duckdb.DuckDBPyConnection, expression: str) -> list[str]:
    rows = cursor.execute(f"SELECT DISTINCT {expression}").fetchall()
    return sorted(str(row[0]) for row in rows if row[0])


def _dicts(found: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
