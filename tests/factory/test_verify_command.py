"""`cotfactory verify FILE` judges a file of pairs, row by row."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from cotfactory.commands.verify import Columns, verify_file
from cotfactory.errors import UsageError


def lines_of(tmp_path: Path, rows: list[Any], columns: Columns | None = None) -> list[Any]:
    path = tmp_path / "pairs.jsonl"
    path.write_text("".join(r if isinstance(r, str) else json.dumps(r) + "\n" for r in rows))
    out = io.StringIO()
    code = verify_file(path, "math", columns or Columns(), as_json=True, out=out)
    return [code, *map(json.loads, out.getvalue().splitlines())]


def test_each_row_gets_a_verdict_and_all_a_summary(tmp_path: Path) -> None:
    code, *lines = lines_of(
        tmp_path,
        [
            {"gold": "1/2", "prediction": "0.5"},
            {"gold": "x>0", "prediction": r"So \boxed{(0,\infty)}."},
            {"gold": 3, "prediction": 4},
            {"gold": "3,5", "prediction": "3.5", "language": "de"},
        ],
    )
    assert code == 0
    assert [line["row"] for line in lines[:-1]] == [1, 2, 3, 4]
    assert [line["status"] for line in lines[:-1]] == ["correct"] * 2 + ["incorrect", "correct"]
    assert lines[1]["method"] == "formula"
    assert lines[-1] == {"summary": {"rows": 4, "correct": 3, "incorrect": 1}}


def test_a_bad_row_costs_one_row(tmp_path: Path) -> None:
    rows = ["{torn\n", {"gold": "1"}, {"gold": "1", "prediction": "1"}]
    code, *lines = lines_of(tmp_path, rows)
    assert code == 0
    assert [line["status"] for line in lines[:-1]] == ["error", "error", "correct"]
    assert "pairs.jsonl:1" in lines[0]["detail"]
    assert "'prediction'" in lines[1]["detail"]
    assert lines[-1]["summary"]["unreadable"] == 2


def test_columns_are_named(tmp_path: Path) -> None:
    code, *lines = lines_of(tmp_path, [{"a": "1", "b": "1"}], Columns("a", "b"))
    assert (code, lines[0]["status"]) == (0, "correct")


def test_only_bad_rows_fail(tmp_path: Path) -> None:
    assert lines_of(tmp_path, ["[]\n"])[0] == 1


def test_a_wrong_verifier_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Did you mean 'math'"):
        verify_file(tmp_path / "x.jsonl", "maths", Columns(), as_json=True)


def test_people_see_no_control_characters(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text(json.dumps({"gold": "1", "prediction": "\x1b[2J"}) + "\n")
    out = io.StringIO()
    verify_file(path, "math", Columns(), as_json=False, out=out)
    assert "\x1b" not in out.getvalue()
    assert out.getvalue().splitlines()[-1].startswith("1 rows:")
