from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from cotfactory.annotate import annotate
from cotfactory.errors import CotfactoryError
from cotfactory.splits import build, discard, materialise, shuffle
from cotfactory.splits.builders import shortcut_rows
from cotfactory.splits.inputs import inputs_of
from cotfactory.splits.materialise import RANGE_BUCKETS
from cotfactory.splits.partition import part_of
from cotfactory.splits.shards import BLOCK_ROWS, SMALL_BYTES, Piece, PieceWriter, join, joins
from cotfactory.store.run import Row, Run
from cotfactory_schemas import tables
from cotfactory_schemas.recipe import FilterSettings
from finished_run import decision, problem, recipe, trace, verdict, write_rows
from split_samples import placed, sample

DETOUR = "So the answer is 6.\n\nWait, no: counting up I get another.\n\nIt is 5."


def a_run(path: Path, problems: int = 12, **splits: object) -> Run:
    """Each problem has a wrong, a right and a natural sample, in parts of their own."""
    asked = [problem(f"What is {i} + {5 - i}?", verifier="math") for i in range(problems)]
    sampled = [
        *(trace(p, 0, reasoning="It is 6.", response="6") for p in asked),
        *(trace(p, 1) for p in asked),
        *(trace(p, 2, reasoning=DETOUR) for p in asked),
    ]
    settings = recipe(splits={"test_fraction": 0.3, **splits})
    with Run.open(path, settings) as run:
        run.append(asked)
        for start in range(0, len(sampled), 5):
            group = sampled[start : start + 5]
            run.append([*group, *(verdict(t, verifier="math") for t in group)])
            run.roll()
    decided = [decision(t) for t in sampled]
    write_rows(path / "decisions" / "part-000001.parquet", decided, tables.DECISIONS)
    return Run.read(path)


def rows_of(run: Run) -> pl.DataFrame:
    return pl.read_parquet(run.path / "splits" / "*" / "*.parquet")


def test_every_trace_ends_in_exactly_one_split(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    summary = materialise(run)
    sampled = pl.concat([pl.read_parquet(p) for p in run.parts("traces")])["trace_id"]
    own = rows_of(run).filter(pl.col("origin") != "stitched")
    assert Counter(own["trace_id"]) == Counter(sampled)
    assert summary.rows("shortcut") == summary.rows("rejected") == 12
    assert summary.rows("journey", "natural") == 12
    assert summary.rows("journey", "stitched") == 12


def test_no_problem_stands_in_both_parts(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    materialise(run)
    parts = rows_of(run).group_by("problem_id").agg(pl.col("part").n_unique())
    assert set(rows_of(run)["part"]) == {"train", "test"}
    assert parts["part"].max() == 1


def test_a_second_build_replaces_the_first_with_the_same_bytes(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    materialise(run)
    first = {p: p.read_bytes() for p in tmp_path.rglob("splits/*/*.parquet")}
    (tmp_path / "splits" / "shortcut" / "train-00009.parquet").write_bytes(b"left over")
    materialise(run)
    assert {p: p.read_bytes() for p in tmp_path.rglob("splits/*/*.parquet")} == first


def test_a_build_that_fails_leaves_the_former_one(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    materialise(run)
    first = rows_of(run)

    def fails(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        materialise(run, fails)
    assert rows_of(run).equals(first)
    assert not list(tmp_path.glob(".sort-*"))


def test_a_trace_without_a_decision_is_an_error_with_its_mend(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    (tmp_path / "decisions" / "part-000001.parquet").unlink()
    with pytest.raises(CotfactoryError, match=r"36 traces have no decision.*cotfactory filter"):
        materialise(run)


def test_a_rejected_row_keeps_the_text_as_the_teacher_gave_it(tmp_path: Path) -> None:
    run = a_run(tmp_path, problems=1, test_fraction=0.0)
    materialise(run)
    (row,) = pl.read_parquet(tmp_path / "splits/rejected/train-00000.parquet").to_dicts()
    assert row["messages"][-1]["content"] == "<think>It is 6.</think>6"
    assert row["rules"] == ["not_correct"]


def test_a_larger_test_fraction_takes_from_train_only() -> None:
    names = [f"problem {n}" for n in range(500)]
    small = {n for n in names if part_of(n, 0.1, 0) == "test"}
    large = {n for n in names if part_of(n, 0.3, 0) == "test"}
    assert small < large
    assert 20 < len(small) < 90


def written(folder: Path, texts: Sequence[str], shard_bytes: int) -> list[Piece]:
    with PieceWriter(folder, shard_bytes) as writer:
        for number, text in enumerate(texts):
            for row in shortcut_rows(placed(sample(text, number=number))):
                writer.write(row)
    return writer.pieces


def test_pieces_end_at_their_size(tmp_path: Path) -> None:
    pieces = written(tmp_path, ["Six sevens make 42. " * 10] * 3 * BLOCK_ROWS, 2 * BLOCK_ROWS * 600)
    assert len(pieces) == 2
    assert [pl.read_parquet(p.path).height for p in pieces] == [2 * BLOCK_ROWS, BLOCK_ROWS]


def test_small_pieces_become_one_shard_in_their_order(tmp_path: Path) -> None:
    names = ["one", "two", "three"]
    pieces = [p for n in names for p in written(tmp_path / n, [f"Here are {n}."], 1 << 20)]
    (wanted,) = joins(pieces, tmp_path / "splits")
    join(wanted)
    shard = pl.read_parquet(tmp_path / "splits/shortcut/train-00000.parquet")
    assert shard["reasoning"].to_list() == [f"Here are {n}." for n in names]
    assert not any(piece.path.exists() for piece in pieces)


def test_large_pieces_stay_shards_of_their_own() -> None:
    sizes = [SMALL_BYTES, 5, SMALL_BYTES - 6, 1, 7]
    pieces = [Piece("shortcut", "train", Path(str(n)), size) for n, size in enumerate(sizes)]
    made = joins(pieces, Path("splits"))
    assert [[p.size_bytes for p in shard.pieces] for shard in made] == [
        [SMALL_BYTES],
        [5, SMALL_BYTES - 6, 1],
        [7],
    ]
    assert [shard.target.name for shard in made] == [f"train-0000{n}.parquet" for n in range(3)]


def test_many_buckets_in_processes_beside_give_the_rows_of_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = a_run(tmp_path)
    one = materialise(run)
    rows = rows_of(run)
    monkeypatch.setattr(shuffle, "BUCKET_BYTES", 1000)
    told: list[tuple[str, int, int | None]] = []
    many = materialise(run, lambda *progress: told.append(progress))
    assert shuffle.buckets_of(run) > RANGE_BUCKETS
    assert many.counts == one.counts
    assert rows_of(run).equals(rows)
    assert {stage for stage, done, total in told if done == total} == {"shuffle", "materialise"}


def test_claims_that_were_measured_make_the_journeys_that_a_search_makes(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    materialise(run)
    searched = rows_of(run).drop("scores")
    annotate(run, FilterSettings(workers=1))
    materialise(run)
    assert rows_of(run).drop("scores").equals(searched)
    assert "reflection_cues" in rows_of(run)["scores"][0]


def inodes(run: Run) -> set[int]:
    return {p.stat().st_ino for p in run.path.glob("splits/*/*.parquet")}


def test_splits_are_built_again_only_when_something_is_new(tmp_path: Path) -> None:
    settings = a_run(tmp_path).recipe
    with Run.open(tmp_path) as run:
        first = build(run)
        built = inodes(run)
        assert build(run).counts == first.counts
        assert inodes(run) == built
    changed = settings.model_copy(update={"seed": settings.seed + 1})
    with Run.open(tmp_path, changed) as run:
        build(run)
        assert inodes(run).isdisjoint(built)


@pytest.mark.parametrize("table", ["traces", "problems", "verdicts"])
def test_what_was_added_is_new(tmp_path: Path, table: str) -> None:
    run = a_run(tmp_path)
    before = inputs_of(run)
    more = problem("What is 9 + 9?", verifier="math")
    added: dict[str, Row] = {
        "traces": trace(more, 0),
        "problems": more,
        "verdicts": verdict(trace(more, 0)),
    }
    with Run.open(tmp_path) as writer:
        writer.append([added[table]])
    assert inputs_of(Run.read(tmp_path)) != before


def test_discarded_splits_are_built_again(tmp_path: Path) -> None:
    a_run(tmp_path)
    with Run.open(tmp_path) as run:
        first = build(run)
        discard(run)
        assert not inodes(run)
        assert build(run).counts == first.counts
        assert inodes(run)
