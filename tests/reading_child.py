"""Reads a dataset back with the real clients, in a process of its own; says what it saw as JSON.

They read the address of the Hub when they are imported. With --downloads-only it leaves out what
reads ranges of files where they lie.
"""

import json
import sys
from typing import Any

import datasets
import duckdb
import polars as pl
from huggingface_hub import HfFileSystem, snapshot_download


def downloaded(repo: str) -> dict[str, Any]:
    configs = datasets.get_dataset_config_names(repo)
    loaded = {config: datasets.load_dataset(repo, config) for config in configs}
    return {
        "rows": {c: {p: rows.num_rows for p, rows in d.items()} for c, d in loaded.items()},
        "columns": list(loaded[configs[0]]["train"].features),
        "snapshot": snapshot_download(repo, repo_type="dataset"),
    }


def read_in_place(repo: str) -> dict[str, Any]:
    configs = datasets.get_dataset_config_names(repo)
    streamed = datasets.load_dataset(repo, configs[0], split="train", streaming=True)
    shard = f"datasets/{repo}/data/journey/train-00000-of-00001.parquet"
    files = HfFileSystem()
    with files.open(shard) as file:
        frame = pl.read_parquet(file, columns=["prompt", "spans"])
    connection = duckdb.connect()
    connection.register_filesystem(files)
    counted = connection.execute(
        "SELECT split, count(*) FROM read_parquet(?) GROUP BY split",
        [f"hf://datasets/{repo}/data/*/train-*.parquet"],
    ).fetchall()
    return {
        "streamed": next(iter(streamed))["prompt"],
        "polars": frame.height,
        "duckdb": dict(counted),
    }


if __name__ == "__main__":
    said = downloaded(sys.argv[1])
    if "--downloads-only" not in sys.argv:
        said |= read_in_place(sys.argv[1])
    sys.stdout.write(json.dumps(said))
