from pathlib import Path

from builders import problem, trace, verdict
from cotfactory.merge import merge
from cotfactory.store.read import scan
from cotfactory.store.run import Run
from cotfactory_schemas import Recipe, Trace, tables

RECIPE = Recipe(name="test")


def shard(path: Path, number: int) -> Path:
    one = problem(f"What is {number} + 3?")
    odd = trace(one, 1, raw="<think>never closed", layout="odd", reasoning="", response="")
    with Run.open(path / str(number), RECIPE) as run:
        run.append([one, trace(one), odd, verdict(trace(one))])
    return path / str(number)


def test_merged_shards_hold_every_row_once_with_its_raw_text(tmp_path: Path) -> None:
    shards = [shard(tmp_path, n) for n in range(3)]
    with Run.open(tmp_path / "all", RECIPE) as into:
        first = merge(into, [Run.read(path) for path in shards], lambda *_: None)
    with Run.open(tmp_path / "all") as into:
        again = merge(into, [Run.read(path) for path in (shards[0], *shards)], lambda *_: None)
    assert dict(first) == {"problems": 3, "traces": 6, "verdicts": 3}
    assert sum(again.values()) == 0
    whole = {
        row["trace_id"]: row
        for row in scan(Run.read(tmp_path / "all"), "traces").collect().to_dicts()
    }
    for path in shards:
        for row in scan(Run.read(path), "traces").collect().to_dicts():
            assert tables.from_row(Trace, whole[row["trace_id"]]) == tables.from_row(Trace, row)
