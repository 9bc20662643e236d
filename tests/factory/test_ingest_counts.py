"""Rows of other people's files whose token counts are none."""

import json
from pathlib import Path

import pytest

from cotfactory.ingest import ingest
from cotfactory.store.read import scan
from cotfactory.store.run import Run
from cotfactory_schemas import Recipe


@pytest.mark.parametrize("absurd", [10**20, -1, "many"])
def test_an_absurd_count_costs_its_row_and_names_it(tmp_path: Path, absurd: object) -> None:
    counts = (7, absurd, None)
    rows = [
        {"prompt": f"What is {n} + 3?", "text": "<think>a</think>5", "completion_tokens": count}
        for n, count in enumerate(counts)
    ]
    file = tmp_path / "traces.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    with Run.open(tmp_path / "run", Recipe(name="taken-in")) as run:
        summary = ingest(run, [str(file)], {}, {}, lambda *_: None)
    assert (summary.added, summary.skipped_rows) == (2, 1)
    (fault,) = summary.faults
    assert "traces.jsonl:2" in fault
    assert "completion_tokens" in fault
    taken = scan(Run.read(tmp_path / "run"), "traces").collect()
    assert taken.get_column("completion_tokens").to_list() == [7, None]
