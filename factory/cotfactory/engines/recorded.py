"""Reads traces recorded in a run or a file, for the replay engine."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from cotfactory.errors import UsageError
from cotfactory.store.read import scan
from cotfactory.store.run import Run
from cotfactory_filters.layout import read_fields
from cotfactory_schemas.trace import believed

_CHARACTERS_PER_TOKEN = 4  # where a recording does not say
_COLUMNS = ("trace_id", "prompt", "raw", "finish_reason", "prompt_tokens", "completion_tokens")


class Recorded(NamedTuple):
    """One recorded answer; `raw` with the prefill that opened it."""

    trace_id: str
    prompt: str
    raw: str
    finish_reason: str
    prompt_tokens: int | None
    completion_tokens: int


def read_recorded(path: str) -> list[Recorded]:
    """Reads a run's folder, or a JSONL or Parquet file with `prompt` and the answer.

    The answer is a column `raw` or `text`, or `reasoning` and `response`.

    Raises:
        UsageError: there is nothing at the path, or a row has no prompt or no answer.
    """
    place = Path(path).expanduser()
    if place.is_dir():
        return [_recorded(row, place, n) for n, row in enumerate(_run_rows(place), 1)]
    if not place.is_file():
        raise UsageError(f"engine.path: there is no {place}")
    rows = _parquet_rows(place) if place.suffix == ".parquet" else _json_rows(place)
    return [_recorded(row, place, n) for n, row in enumerate(rows, 1)]


def _run_rows(folder: Path) -> Iterable[Mapping[str, Any]]:
    run = Run.read(folder)
    prompts = scan(run, "problems").select("problem_id", "prompt").unique("problem_id")
    answered = scan(run, "traces").filter(pl.col("finish_reason") != "error")
    traces = answered.join(prompts, on="problem_id", maintain_order="left")
    return traces.select(_COLUMNS).collect().iter_rows(named=True)


def _parquet_rows(file: Path) -> Iterable[Mapping[str, Any]]:
    return pl.read_parquet(file).iter_rows(named=True)


def _json_rows(file: Path) -> Iterator[Mapping[str, Any]]:
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
            except ValueError as error:
                raise UsageError(f"{file}:{number}: is no JSON: {error}") from None
            if not isinstance(row, dict):
                raise UsageError(f"{file}:{number}: is no JSON object")
            yield row


def _recorded(row: Mapping[str, Any], file: Path, number: int) -> Recorded:
    raw = row.get("raw") or row.get("text")
    if raw is None and (row.get("reasoning") or row.get("response")):
        raw, _ = read_fields(row.get("reasoning"), row.get("response"))
    prompt = row.get("prompt")
    if not isinstance(prompt, str) or not isinstance(raw, str):
        raise UsageError(
            f"{file}:{number}: needs a 'prompt' and 'raw', 'text' or 'response', all of them text"
        )
    return Recorded(
        trace_id=row.get("trace_id") or "",
        prompt=prompt,
        raw=raw,
        finish_reason=row.get("finish_reason") or "stop",
        prompt_tokens=believed(row.get("prompt_tokens")),
        completion_tokens=believed(row.get("completion_tokens"))
        or len(raw) // _CHARACTERS_PER_TOKEN + 1,
    )
