import subprocess
import sys
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from builders import problem, trace, verdict
from cotfactory.errors import CotfactoryError
from cotfactory.store import atomic, parts
from cotfactory.store.lock import is_locked
from cotfactory.store.read import scan
from cotfactory.store.run import Run, RunWriter
from cotfactory_schemas import Recipe, Trace, tables

RECIPE = Recipe(name="test")


def dies_after_appending(path: Path) -> None:
    writer = RunWriter(path, RECIPE)
    writer.append([trace(problem())])
    writer.close()  # without rolling, as a kill would leave it


def traces_in(path: Path) -> list[str]:
    return scan(Run.read(path), "traces").collect().get_column("trace_id").to_list()


def test_what_was_appended_is_read_back_after_closing(tmp_path: Path) -> None:
    one = problem()
    made = trace(one)
    with Run.open(tmp_path, RECIPE) as run:
        run.append([one, made, verdict(made)])
    written = Run.read(tmp_path)
    assert {t: written.rows(t) for t in ("problems", "traces", "verdicts")} == {
        "problems": 1,
        "traces": 1,
        "verdicts": 1,
    }
    (row,) = scan(written, "traces").collect().to_dicts()
    assert tables.from_row(Trace, row) == made


def test_a_part_of_many_row_groups_holds_every_row_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "ROW_GROUP_ROWS", 4)
    made = [trace(problem(), sample) for sample in range(10)]
    with Run.open(tmp_path, RECIPE) as run:
        run.append(made)
    (part,) = Run.read(tmp_path).parts("traces")
    assert pq.ParquetFile(part).metadata.num_row_groups == 3
    assert traces_in(tmp_path) == [one.trace_id for one in made]
    assert Run.read(tmp_path).rows("traces") == 10


def test_raw_text_is_stored_once(tmp_path: Path) -> None:
    with Run.open(tmp_path, RECIPE) as run:
        run.append([trace(problem(), 0), trace(problem(), 1, raw="odd", layout="plain")])
    stored = [row["raw"] for row in scan_stored(tmp_path)]
    assert stored == [None, "odd"]
    assert scan(Run.read(tmp_path), "traces").collect().get_column("raw").to_list() == [
        "<think>2 + 3 = 5.</think>\\boxed{5}",
        "odd",
    ]


def scan_stored(path: Path) -> list[dict[str, object]]:
    return pl.read_parquet(Run.read(path).parts("traces")).to_dicts()


def test_a_writer_that_dies_loses_nothing_that_was_appended(tmp_path: Path) -> None:
    dies_after_appending(tmp_path)
    assert traces_in(tmp_path) == []
    with Run.open(tmp_path):
        pass
    assert len(traces_in(tmp_path)) == 1


def test_a_part_that_was_written_but_not_committed_is_made_again(tmp_path: Path) -> None:
    dies_after_appending(tmp_path)
    atomic.write_text(tmp_path / "traces" / "part-000001.parquet", "half a part")
    with Run.open(tmp_path):
        pass
    assert len(traces_in(tmp_path)) == 1


def test_a_segment_that_was_committed_but_not_removed_is_not_read_twice(tmp_path: Path) -> None:
    with Run.open(tmp_path, RECIPE) as run:
        run.append([trace(problem())])
        segment = next((tmp_path / "wal").glob("*.wal"))
        copy = segment.read_bytes()
    segment.write_bytes(copy)
    with Run.open(tmp_path):
        pass
    assert len(traces_in(tmp_path)) == 1


def test_a_missing_part_is_named(tmp_path: Path) -> None:
    with Run.open(tmp_path, RECIPE) as run:
        run.append([trace(problem())])
    (tmp_path / "traces" / "part-000001.parquet").unlink()
    with pytest.raises(CotfactoryError, match=r"part-000001\.parquet: is missing"):
        Run.read(tmp_path)


def test_a_foreign_file_is_reported_and_left_alone(tmp_path: Path) -> None:
    with Run.open(tmp_path, RECIPE) as run:
        run.append([trace(problem())])
    foreign = tmp_path / "traces" / "part-000099.parquet"
    foreign.write_bytes(b"somebody's")
    with Run.open(tmp_path):
        pass
    assert Run.read(tmp_path).unlisted() == [foreign]
    assert foreign.read_bytes() == b"somebody's"
    assert len(traces_in(tmp_path)) == 1


def test_a_foreign_file_with_the_name_of_the_next_part_is_not_overwritten(tmp_path: Path) -> None:
    foreign = tmp_path / "traces" / "part-000001.parquet"
    foreign.parent.mkdir()
    foreign.write_bytes(b"somebody's")
    with Run.open(tmp_path, RECIPE) as run:
        run.append([trace(problem())])
    assert foreign.read_bytes() == b"somebody's"
    assert len(traces_in(tmp_path)) == 1


@pytest.mark.parametrize("line", [1, 2])
def test_a_damaged_commit_is_named_and_nothing_is_taken_for_a_strangers(
    tmp_path: Path, line: int
) -> None:
    for sample in range(2):
        with Run.open(tmp_path, RECIPE) as run:
            run.append([trace(problem(), sample)])
    log = tmp_path / "commits.log"
    lines = log.read_bytes().splitlines(keepends=True)
    lines[line - 1] = lines[line - 1].replace(b"rows", b"rowz")
    log.write_bytes(b"".join(lines))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for opened in (Run.read, lambda path: Run.open(path).__enter__()):
        with pytest.raises(CotfactoryError, match=rf"commits\.log:{line}: the line is damaged"):
            opened(tmp_path)
    assert all(path.read_bytes() == held for path, held in before.items())


def test_a_commit_that_a_crash_tore_is_made_again(tmp_path: Path) -> None:
    with Run.open(tmp_path, RECIPE) as run:
        run.append([trace(problem())])
        segment = next((tmp_path / "wal").glob("*.wal"))
        copy = segment.read_bytes()
    log = tmp_path / "commits.log"
    log.write_bytes(log.read_bytes()[:-5])
    segment.write_bytes(copy)
    assert traces_in(tmp_path) == []
    with Run.open(tmp_path):
        pass
    assert len(traces_in(tmp_path)) == 1


def test_a_second_writer_is_told_who_holds_the_run(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from cotfactory.store.run import Run\n"
        "from cotfactory.errors import CotfactoryError\n"
        "try:\n    Run.open(Path(sys.argv[1])).__enter__()\n"
        "except CotfactoryError as error: print(error)"
    )
    with Run.open(tmp_path, RECIPE):
        assert is_locked(tmp_path)
        told = subprocess.run(
            [sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True
        )
    assert "is being written by process" in told.stdout
    assert not is_locked(tmp_path)


def test_a_folder_without_a_run_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(CotfactoryError, match="cotfactory generate"):
        Run.read(tmp_path)
