import csv
import io
import json
import time
from pathlib import Path

import duckdb
import pytest

from cotfactory import catalog, query_child
from cotfactory.errors import CotfactoryError, UsageError
from cotfactory.query import TABLE_ROWS, Format, Limits, query
from cotfactory.store.run import Run
from finished_run import finished_run, problem, recipe, trace


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished_run(tmp_path_factory.mktemp("query") / "it's a run").path


def answer(run: Path, sql: str, form: Format = "json", limits: Limits | None = None) -> str:
    out = io.StringIO()
    query(run, sql, form, out, limits)
    return out.getvalue()


def in_the_sandbox(run: Path, sql: str) -> list[tuple[object, ...]]:
    """What the child does, here; the connection is as closed as in the child."""
    opened = Run.read(run)
    files = [str(file) for file in catalog.files_read(opened)]
    request = query_child.Request(
        sql, catalog.views(opened), files, memory_mib=512, cpu_s=60, parent=0
    )
    with query_child.sandbox(request) as connection:
        query_child.check(connection, sql)
        return connection.sql(sql).fetchall()


def test_json_is_one_array_of_objects(run: Path) -> None:
    said = json.loads(
        answer(run, "SELECT status, count(*) AS n FROM verdicts GROUP BY 1 ORDER BY 1")
    )
    assert said == [{"status": "correct", "n": 4}, {"status": "incorrect", "n": 4}]
    assert json.loads(answer(run, "SELECT 1 AS a WHERE false")) == []


def test_csv_reads_back_with_quotes_and_line_feeds(run: Path) -> None:
    said = answer(run, "SELECT 'a,\"b\"\nc' AS x, NULL AS y, [1, 2] AS z", "csv")
    assert list(csv.reader(io.StringIO(said))) == [["x", "y", "z"], ['a,"b"\nc', "", "[1, 2]"]]


def test_columns_of_one_name_are_all_there(run: Path) -> None:
    assert json.loads(answer(run, "SELECT 1 AS a, 2 AS a")) == [{"a": 1, "a_1": 2}]


def test_values_that_json_cannot_say_become_what_it_can(run: Path) -> None:
    said = answer(
        run,
        "SELECT 'nan'::double AS a, [1, 'inf'::double] AS b, 'x'::blob AS c, "
        "DATE '2026-01-02' AS d, 1.50::decimal(3,2) AS e",
    )
    assert json.loads(said) == [
        {"a": None, "b": [1.0, None], "c": "78", "d": "2026-01-02", "e": "1.50"}
    ]


def test_a_table_shows_text_of_a_model_without_its_control_characters(run: Path) -> None:
    said = answer(run, "SELECT chr(27) || '[31mred' || chr(10) || '[bold]x[/bold]' AS t", "table")
    assert "\x1b" not in said
    assert "[31mred⏎[bold]x[/bold]" in said


def test_a_table_stops_at_its_first_rows_and_says_so(run: Path) -> None:
    said = answer(run, "SELECT * FROM range(1000000000)", "table")
    assert f"first {TABLE_ROWS} rows" in said


def test_rows_stream_with_bounded_memory(run: Path) -> None:
    class Counting(io.StringIO):
        size = 0

        def write(self, text: str) -> int:
            self.size += len(text)
            return len(text)

    out = Counting()
    rows = query(
        run, "SELECT repeat('x', 1000) AS t FROM range(300000)", "csv", out, Limits(memory_mib=256)
    )
    assert rows == 300_000
    assert out.size > 300_000_000


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM read_parquet('https://example.org/x.parquet')",
        "SELECT * FROM sys",
        "SELECT * FROM request",
        "COPY traces TO '/tmp/out.csv'",
        "ATTACH '/tmp/other.duckdb'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "RESET enable_external_access",
        "PRAGMA enable_external_access",
        "CREATE TABLE x AS SELECT 1",
        "DROP VIEW traces",
        "EXPORT DATABASE '/tmp/out'",
        "CALL pragma_version()",
        "SELECT 1; SELECT 2",
        "PIVOT verdicts ON status USING count(*)",
        "",
    ],
)
def test_a_query_reads_the_run_and_nothing_else(run: Path, sql: str) -> None:
    with pytest.raises((query_child.RefusedError, duckdb.Error)):
        in_the_sandbox(run, sql)


@pytest.mark.parametrize(
    "prefix",
    [
        "",
        "EXPLAIN ",
        "EXPLAIN ANALYZE ",
        "EXPLAIN/**/ANALYZE\n",
        "EXPLAIN (ANALYZE) ",
        "EXPLAIN EXPLAIN ANALYZE ",
        "WITH x AS (SELECT 1) ",
        "PREPARE x AS ",
    ],
)
def test_no_statement_writes_over_a_part_of_the_run(run: Path, prefix: str) -> None:
    part = min((run / "traces").glob("*.parquet"))
    before = part.read_bytes()
    target = str(part.resolve()).replace("'", "''")
    with pytest.raises((query_child.RefusedError, duckdb.Error)):
        in_the_sandbox(run, f"{prefix}COPY (SELECT 1 AS a) TO '{target}' (USE_TMP_FILE false)")
    assert part.read_bytes() == before


def test_a_refusal_reaches_the_user_as_wrong_usage(run: Path) -> None:
    with pytest.raises(UsageError, match=r"^query: a run is read only: COPY is refused"):
        answer(run, "COPY traces TO '/tmp/out.csv'")


@pytest.mark.parametrize(
    "sql",
    [
        "EXPLAIN SELECT * FROM traces",
        "EXPLAIN ANALYZE FROM traces",
        "DESCRIBE traces",
        "SUMMARIZE decisions",
        "SHOW TABLES",
    ],
)
def test_what_describes_a_select_is_allowed(run: Path, sql: str) -> None:
    assert in_the_sandbox(run, sql)


def test_an_error_in_the_sql_says_where_and_what_might_be_meant(run: Path) -> None:
    with pytest.raises(UsageError, match=r'(?s)"statis" not found.*"status"'):
        answer(run, "SELECT statis FROM verdicts")


def test_a_query_that_takes_too_long_is_killed(run: Path) -> None:
    started = time.monotonic()
    with pytest.raises(CotfactoryError, match="stopped after 1 s"):
        answer(
            run,
            "SELECT sum(a.range * b.range) AS s FROM range(10000000) a, range(10000000) b",
            limits=Limits(timeout_s=1),
        )
    assert time.monotonic() - started < 10


def test_a_query_that_wants_too_much_memory_is_refused(run: Path) -> None:
    with pytest.raises(CotfactoryError, match=r"(?i)memory|MiB"):
        answer(
            run,
            "SELECT length(repeat('x', 3000000000) || repeat('y', 3000000000)) AS n",
            limits=Limits(memory_mib=128, timeout_s=60),
        )


def test_what_is_still_in_the_journal_does_not_disturb_readers(tmp_path: Path) -> None:
    with Run.open(tmp_path / "run", recipe()) as writer:
        writer.append([trace(problem())])
        assert json.loads(answer(tmp_path / "run", "FROM traces")) == []


def test_no_run_is_an_error_with_its_mend(tmp_path: Path) -> None:
    with pytest.raises(CotfactoryError, match=r"no run here"):
        answer(tmp_path, "SELECT 1")
