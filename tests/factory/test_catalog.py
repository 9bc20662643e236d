import re
from pathlib import Path

import duckdb
import polars as pl
import pytest

from cotfactory import catalog
from cotfactory.store.run import Run
from cotfactory_schemas import tables
from finished_run import WRONG, finished_run, problem, recipe, trace, verdict


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def columns(path: Path, view: str) -> list[str]:
    return [str(row[0]) for row in rows(path, f"DESCRIBE {view}")]


def test_every_view_answers_sql_from_another_process_of_ones_own(tmp_path: Path) -> None:
    file = catalog.write_catalog(finished_run(tmp_path / "run"))
    assert rows(file, "SELECT count(*) FROM problems") == [(4,)]
    assert rows(file, "SELECT count(*) FROM traces") == [(8,)]
    assert rows(file, "SELECT status, count(*) FROM verdicts GROUP BY 1 ORDER BY 1") == [
        ("correct", 4),
        ("incorrect", 4),
    ]
    assert rows(file, "SELECT DISTINCT rules, values->>'status' FROM decisions WHERE NOT kept") == [
        (["not_correct"], "incorrect")
    ]
    assert rows(file, "SELECT split, part, count(*) FROM splits GROUP BY ALL ORDER BY ALL") == [
        (split, part, count)
        for split in ("journey", "rejected", "shortcut")
        for part, count in (("test", 1), ("train", 3))
    ]


def test_a_run_in_which_nothing_has_run_has_empty_views_with_their_columns(tmp_path: Path) -> None:
    with Run.open(tmp_path / "run", recipe()) as run:
        file = catalog.write_catalog(run)
    for view, schema in {
        "problems": tables.PROBLEMS,
        "traces": tables.TRACES,
        "verdicts": tables.VERDICTS,
        "outcomes": tables.OUTCOMES,
        "decisions": tables.DECISIONS,
        "splits": tables.SPLITS,
    }.items():
        assert columns(file, view) == schema.names
        assert rows(file, f"SELECT count(*) FROM {view}") == [(0,)]
    assert columns(file, "annotations") == ["trace_id"]
    assert "STRUCT" in str(
        rows(file, "SELECT column_type FROM (DESCRIBE splits) WHERE column_name = 'spans'")
    )


def test_raw_text_is_restored_where_the_parts_leave_it_out(tmp_path: Path) -> None:
    whole, odd = trace(problem(), 0), trace(problem(), 1, raw="chatter <think>It is 5.</think>5")
    with Run.open(tmp_path / "run", recipe()) as run:
        run.append([whole, odd])
    file = catalog.write_catalog(Run.read(tmp_path / "run"))
    stored = rows(file, "SELECT raw FROM traces ORDER BY sample")
    assert stored == [(whole.raw,), (odd.raw,)]


def test_the_newest_verdict_on_a_trace_is_the_one_that_shows(tmp_path: Path) -> None:
    judged = trace(problem())
    for version, status in ((1, "incorrect"), (2, "unparsable"), (3, "correct")):
        with Run.open(tmp_path / "run", recipe()) as run:
            run.append([verdict(judged, version=version, status=status)])
    file = catalog.write_catalog(Run.read(tmp_path / "run"))
    assert rows(file, "SELECT status, version FROM verdicts") == [("correct", 3)]


def test_annotations_are_one_row_a_trace_named_after_their_annotator(tmp_path: Path) -> None:
    path = tmp_path / "run"
    finished_run(path)
    with Run.open(path) as run:
        run.append([trace(problem(), 7)])
    file = catalog.write_catalog(Run.read(path))
    assert columns(file, "annotations") == ["trace_id", "length_characters"]
    measured = "SELECT count(*), count(length_characters) FROM annotations"
    assert rows(file, measured) == [(9, 8)]


def test_parts_that_no_commit_names_do_not_show(tmp_path: Path) -> None:
    path = tmp_path / "run"
    finished_run(path)
    for table in ("traces", "annotations/length"):
        committed = min((path / table).glob("*.parquet"))
        committed.with_name("part-000099.parquet").write_bytes(committed.read_bytes())
    file = catalog.write_catalog(Run.read(path))
    assert rows(
        file,
        "SELECT count(*), count(length_characters) FROM traces JOIN annotations USING (trace_id)",
    ) == [(8, 8)]


@pytest.mark.parametrize("name", ["it's", 'a "quote"', "r[1]*?", "x'); DROP VIEW traces; --"])
def test_a_run_may_have_any_folder_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    finished_run(path)
    annotated = path / "annotations"
    (annotated / "length").rename(annotated / 'len"gth')
    file = catalog.write_catalog(Run.read(path))
    assert rows(file, "SELECT count(*) FROM traces") == [(8,)]
    assert columns(file, "annotations") == ["trace_id", 'len"gth_characters']


def test_a_part_of_an_older_version_without_a_column_reads_as_null(tmp_path: Path) -> None:
    path = tmp_path / "run"
    finished_run(path)
    part = min((path / "decisions").glob("*.parquet"))
    pl.read_parquet(part).drop("rules").write_parquet(part)
    file = catalog.write_catalog(Run.read(path))
    assert columns(file, "decisions") == tables.DECISIONS.names
    assert rows(file, "SELECT count(*) FROM decisions WHERE rules IS NULL") == [(8,)]


DOCS = Path(__file__).parents[2] / "docs" / "queries.md"


def test_the_documented_columns_are_those_of_the_views() -> None:
    text = DOCS.read_text("utf-8")
    for view, schema in {
        "problems": tables.PROBLEMS,
        "traces": tables.TRACES,
        "verdicts": tables.VERDICTS,
        "outcomes": tables.OUTCOMES,
        "decisions": tables.DECISIONS,
        "splits": tables.SPLITS,
    }.items():
        told = re.search(rf"(?ms)^\*\*{view}\*\*: (.*?)\n\n", text)
        assert told is not None
        assert [n for n in schema.names if f"`{n}`" not in told[1]] == [], view


def test_the_documented_examples_run(tmp_path: Path) -> None:
    file = catalog.write_catalog(finished_run(tmp_path / "run"))
    (block,) = re.findall(r"(?s)```sql\n(.*?)```", DOCS.read_text("utf-8"))
    examples = [text for text in block.split(";") if text.strip()]
    assert len(examples) == 4
    answers = [rows(file, text) for text in examples]
    assert answers[0] == [("math", 8, 0.5)]
    assert answers[1] == [("not_correct", 4)]
    assert answers[3][0] == (WRONG,)
