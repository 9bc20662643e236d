"""Files are read from object storage as from this machine."""

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cotfactory import sources
from cotfactory.errors import UsageError
from cotfactory.ingest import ingest
from cotfactory.store.read import scan
from cotfactory.store.run import Run
from cotfactory_schemas import Plugin, Problem, Recipe

BUCKET = "memory://bucket"


@pytest.fixture(autouse=True)
def storage() -> Iterator[None]:
    yield
    fsspec.filesystem("memory").store.clear()


def put(name: str, content: bytes) -> str:
    with fsspec.open(f"{BUCKET}/{name}", "wb") as file:
        file.write(content)
    return f"{BUCKET}/{name}"


def put_parquet(name: str, rows: list[dict[str, Any]]) -> str:
    with fsspec.open(f"{BUCKET}/{name}", "wb") as file:
        pq.write_table(pa.Table.from_pylist(rows), file)
    return f"{BUCKET}/{name}"


def lines(*rows: dict[str, Any]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def prompts(*paths: str) -> list[str]:
    found = sources.problems((Plugin.model_validate({"kind": "files", "paths": paths}),))
    return [problem.prompt for problem in found if isinstance(problem, Problem)]


def test_problems_are_read_from_object_storage_in_every_format() -> None:
    parquet = put_parquet("a.parquet", [{"prompt": "1 + 1?"}])
    jsonl = put("b.jsonl", lines({"prompt": "2 + 2?"}))
    table = put("c.csv", b"\xef\xbb\xbfprompt\n3 + 3?\n")
    assert prompts(parquet, jsonl, table) == ["1 + 1?", "2 + 2?", "3 + 3?"]


def test_a_star_matches_in_a_url_and_names_stand_in_order() -> None:
    for name in ("2.jsonl", "1.jsonl"):
        put(f"exam/{name}", lines({"prompt": name}))
    assert prompts(f"{BUCKET}/exam/*.jsonl") == ["1.jsonl", "2.jsonl"]


def test_a_file_url_is_a_local_file(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_bytes(lines({"prompt": "1 + 1?"}))
    assert prompts((tmp_path / "p.jsonl").as_uri()) == ["1 + 1?"]


def test_traces_are_taken_in_from_object_storage(tmp_path: Path) -> None:
    url = put_parquet("t.parquet", [{"prompt": "1 + 1?", "text": "<think>Two.</think>2"}])
    with Run.open(tmp_path / "run", Recipe(name="taken-in")) as run:
        summary = ingest(run, [url], {}, {}, lambda *_: None)
    assert summary.added == 1
    rows = scan(Run.read(tmp_path / "run"), "traces").select("reasoning", "response").collect()
    assert rows.rows() == [("Two.", "2")]


def test_a_bad_row_is_named_by_its_url(tmp_path: Path) -> None:
    url = put("t.jsonl", b'{"text": 1\n')
    with Run.open(tmp_path / "run", Recipe(name="taken-in")) as run:
        summary = ingest(run, [url], {}, {}, lambda *_: None)
    assert summary.faults[0].startswith(f"{url}:1: not JSON")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (f"{BUCKET}/none.jsonl", "no such file"),
        (f"{BUCKET}/none-*.parquet", "no such file"),
        ("nowhere://bucket/p.jsonl", "Protocol not known: nowhere"),
        pytest.param(
            "s3://bucket/p.jsonl",
            "a package is missing: Install s3fs",
            marks=pytest.mark.skipif(
                importlib.util.find_spec("s3fs") is not None, reason="the driver is installed"
            ),
        ),
    ],
)
def test_storage_that_gives_nothing_is_named_in_one_line(url: str, says: str) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        prompts(url)
    assert str(caught.value).startswith(url)
    assert "\n" not in str(caught.value)


def test_a_broken_parquet_file_in_object_storage_is_named() -> None:
    url = put("p.parquet", b"no Parquet at all")
    with pytest.raises(UsageError, match=r"memory://bucket/p\.parquet: not readable as Parquet"):
        prompts(url)
