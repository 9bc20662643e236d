import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cotfactory import sources
from cotfactory.errors import UsageError
from cotfactory.sources import RowFault
from cotfactory_schemas import Plugin, Problem


def read(kind: str, **options: object) -> list[Problem | RowFault]:
    return list(sources.problems((Plugin.model_validate({"kind": kind, **options}),)))


def files(path: Path, **options: object) -> list[Problem | RowFault]:
    return read("files", paths=[str(path)], verifier="math", domain="math", **options)


def test_jsonl_rows_become_problems_and_a_bad_row_costs_one_row(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    rows = [
        json.dumps({"prompt": "1 + 1?", "reference": 2, "level": "easy"}),
        "{not json",
        json.dumps({"question": "no prompt"}),
        json.dumps(["a list"]),
        json.dumps({"prompt": "a\u2028b?", "domain": "nowhere"}),
        json.dumps({"prompt": "2 + 2?", "reference": "4"}, ensure_ascii=False),
    ]
    path.write_text("\n".join(rows), "utf-8")
    one, *faults, two = files(path)
    assert isinstance(one, Problem)
    assert isinstance(two, Problem)
    assert (one.prompt, one.reference, one.extra) == ("1 + 1?", "2", {"level": "easy"})
    assert (two.prompt, two.verifier, two.source) == ("2 + 2?", "math", "p")
    assert [str(fault).split(":")[1] for fault in faults] == ["2", "3", "4", "5"]
    assert "'prompt' is missing" in str(faults[1])
    assert "is 'nowhere'" in str(faults[3])


def test_columns_are_mapped_and_a_missing_mapped_column_says_so(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text('question,gold\n"What, 1 + 1?",2\n', "utf-8")
    (made,) = files(path, columns={"prompt": "question", "reference": "gold"})
    assert isinstance(made, Problem)
    assert (made.prompt, made.reference) == ("What, 1 + 1?", "2")
    with pytest.raises(UsageError, match=r"none of 1 rows .*\n.*'answer' is missing.*columns"):
        files(path, columns={"prompt": "question", "reference": "answer"})


def test_what_a_verifier_needs_is_mapped_from_columns(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    row = {"prompt": "Write f.", "asserts": ["assert f(1) == 1"], "note": "NaN stays text"}
    path.write_text(json.dumps(row), "utf-8")
    (made,) = files(path, columns={"checks.tests": "asserts"})
    assert isinstance(made, Problem)
    assert made.checks == {"tests": ["assert f(1) == 1"]}
    assert made.extra == {"note": "NaN stays text"}


@pytest.mark.parametrize("dump", [json.dumps, dict])
def test_what_stands_in_a_nested_column_is_mapped_by_a_dotted_path(
    tmp_path: Path, dump: Callable[[Any], Any]
) -> None:
    path = tmp_path / "p.jsonl"
    info = {"language": "python", "test_cases": [{"input": "1", "output": "2"}]}
    path.write_text(json.dumps({"prompt": "Write.", "info": dump(info), "note": 1}), "utf-8")
    (made,) = files(path, columns={"checks.io": "info.test_cases"})
    assert isinstance(made, Problem)
    assert made.checks == {"io": [{"input": "1", "output": "2"}]}
    assert made.extra == {"note": 1}
    with pytest.raises(UsageError, match=r"'info\.tests' is missing"):
        files(path, columns={"checks.io": "info.tests"})


def test_parquet_rows_with_chat_messages(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    chat = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "1 + 1?"}]
    pq.write_table(pa.Table.from_pylist([{"messages": chat, "reference": "2"}]), path)
    (made,) = files(path)
    assert isinstance(made, Problem)
    assert [m.role for m in made.messages] == ["system", "user"]


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"prompt": "2 + 2?", "verifier": "mth"}, "no verifier 'mth'. Did you mean 'math'?"),
        ({"prompt": " \n"}, "the prompt is blank"),
        ({"messages": [{"role": "user", "content": ""}]}, "the prompt is blank"),
    ],
)
def test_a_row_without_a_prompt_or_a_known_verifier_is_skipped(
    bad: dict[str, Any], says: str, tmp_path: Path
) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text("\n".join(map(json.dumps, [bad, {"prompt": "1 + 1?"}])), "utf-8")
    fault, made = files(path)
    assert says in str(fault)
    assert isinstance(made, Problem)


def test_rows_of_which_none_makes_a_problem_are_refused_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text(json.dumps({"question": "1 + 1?"}) + "\n{torn" * 40, "utf-8")
    with pytest.raises(UsageError, match="none of 41 rows makes a problem") as caught:
        files(path)
    assert [line.split(":")[1] for line in str(caught.value).splitlines()[1:]] == ["1", "2", "3"]


def test_a_problem_that_stands_twice_is_asked_once(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text('{"prompt": "1 + 1?", "reference": "2"}\n' * 2, "utf-8")
    assert len(files(path)) == 1


def test_no_more_rows_are_read_than_are_wanted(tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        rows = [json.dumps({"prompt": f"{name} {n}"}) for n in range(3)]
        (tmp_path / name).write_text("\n".join(rows), "utf-8")
    few = files(tmp_path / "*.jsonl", size=4)
    assert [one.prompt for one in few if isinstance(one, Problem)] == [
        "a.jsonl 0",
        "a.jsonl 1",
        "a.jsonl 2",
        "b.jsonl 0",
    ]


@pytest.mark.parametrize(
    ("name", "mend"), [("none.jsonl", "no such file"), ("p.txt", r"give a \.jsonl")]
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, mend: str) -> None:
    (tmp_path / "p.txt").touch()
    with pytest.raises(UsageError, match=mend):
        files(tmp_path / name)


def test_gym_entries_are_the_same_however_many_are_asked_for() -> None:
    few = read("reasoning_gym", dataset="chain_sum", seed=3, size=2)
    many = read("reasoning_gym", dataset="chain_sum", seed=3, size=5)
    later = read("reasoning_gym", dataset="chain_sum", seed=3, start=2, size=3)
    assert [*few, *later] == many
    assert isinstance(many[0], Problem)
    assert many[0].checks == {"dataset": "chain_sum", "config": {}, "seed": 3, "index": 0}


def test_a_misspelt_gym_dataset_is_mended() -> None:
    with pytest.raises(UsageError, match="Did you mean 'chain_sum'"):
        read("reasoning_gym", dataset="chain_sums", size=1)


def test_a_folder_of_parquet_is_read_through_datasets(tmp_path: Path) -> None:
    table = pa.Table.from_pylist([{"q": "1 + 1?", "a": "2"}, {"q": None, "a": "3"}])
    pq.write_table(table, tmp_path / "train.parquet")
    columns = {"prompt": "q", "reference": "a"}
    settings = {"dataset": str(tmp_path), "columns": columns, "verifier": "math"}
    one, two = read("hub", **settings)
    assert read("hub", **settings, size=1) == [one]
    assert isinstance(one, Problem)
    assert (one.prompt, one.reference) == ("1 + 1?", "2")
    assert "is missing" in str(two)
