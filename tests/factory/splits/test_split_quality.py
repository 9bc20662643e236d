import json
from pathlib import Path

import pytest

from cotfactory.splits import materialise, quality
from cotfactory.splits.quality import repeated_share, wording
from cotfactory.store.run import Run
from cotfactory_schemas import tables
from finished_run import decision, problem, recipe, trace, verdict, write_rows

DETOUR = "So the answer is 6.\n\nWait, no: counting up I get another.\n\nIt is 5."


def a_run(path: Path) -> Run:
    """Three problems: each has a wrong, a right and a natural sample."""
    asked = [problem(f"What is {i} + {5 - i}?", verifier="math") for i in range(3)]
    sampled = [
        *(trace(p, 0, reasoning="It is 6.", response="6") for p in asked),
        *(trace(p, 1) for p in asked),
        *(trace(p, 2, reasoning=DETOUR) for p in asked),
    ]
    with Run.open(path, recipe()) as run:
        run.append(asked)
        run.append([*sampled, *(verdict(t, verifier="math") for t in sampled)])
    decided = [decision(t) for t in sampled]
    write_rows(path / "decisions" / "part-000001.parquet", decided, tables.DECISIONS)
    return Run.read(path)


def test_the_quality_table_says_what_is_confirmed(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    materialise(run)
    table = quality(run)
    assert table["journey"]["measured"] == 6
    assert set(table["journey"]["by_origin"]) == {"natural", "stitched"}
    for measures in table["journey"]["by_origin"].values():
        assert measures["wrong_confirmed"] == 1
        assert measures["correction_confirmed"] == 1
        assert measures["one_thought_pair"] == 1
        assert measures["paired"] == 1
        assert measures["length_ratio_to_shortcut"]["median"] > 1
    assert table["shortcut"]["rows"] == 3
    assert table["shortcut"]["with_wrong_candidate"] == 0
    assert json.loads(json.dumps(table)) == table


def test_a_verdict_that_changed_since_shows_in_the_quality_table(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    materialise(run)
    with Run.open(tmp_path) as writer:
        wrong = trace(problem("What is 0 + 5?", verifier="math"), 0, response="6")
        writer.append([verdict(wrong, verifier="math", status="correct", version=2)])
    stitched = quality(Run.read(tmp_path))["journey"]["by_origin"]["stitched"]
    assert stitched["wrong_confirmed"] == pytest.approx(2 / 3, abs=1e-4)


def test_a_run_without_splits_has_an_empty_table(tmp_path: Path) -> None:
    assert quality(a_run(tmp_path)) == {
        "journey": {"measured": 0, "by_origin": {}},
        "shortcut": {"rows": 0},
    }


def test_what_stood_in_a_text_before_counts_as_repeated() -> None:
    assert repeated_share("one two three four five six") == 0
    assert repeated_share("a b c d e " * 11) > 0.9
    assert repeated_share("") == 0


def test_the_wording_of_a_reflection_is_told_without_its_values() -> None:
    assert wording("Wait. 36 is wrong.") == wording("Wait.  $x^2$ is wrong.") == "wait. # is wrong."
