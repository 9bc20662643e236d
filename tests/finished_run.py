"""A small run with every table in it, for tests of what looks at runs."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel

from cotfactory.store.run import Run
from cotfactory_schemas import (
    Decision,
    Message,
    Problem,
    Recipe,
    Rule,
    Span,
    SplitRow,
    Teacher,
    Trace,
    Verdict,
    ids,
    tables,
)

TEACHER = Teacher(model="tiny/teacher", revision="abc123")
FINGERPRINT = "f" * 32  # golden files must not change with the teacher's schema
WRONG, TURN, RIGHT = "2 plus 3 is 6, I think. ", "Wait, counting up gives another. ", "It is 5."


def recipe(**changes: Any) -> Recipe:
    rules = {"not_correct": Rule(reject_if="status <> 'correct'", because="the answer is wrong")}
    return Recipe.model_validate(
        {
            "name": "small",
            "description": "Sums for tests.",
            "teacher": TEACHER,
            "filter": {"rules": {n: r.model_dump() for n, r in rules.items()}},
            "publish": {"title": "Small sums", "licence": "apache-2.0", "tags": ["math"]},
            **changes,
        }
    )


def problem(question: str = "What is 2 + 3?", **changes: Any) -> Problem:
    return Problem.model_validate(
        {
            "messages": [{"role": "user", "content": question}],
            "domain": "math",
            "reference": "5",
            "verifier": "exact",
            "source": "tests",
            "licence": "cc0-1.0",
            **changes,
        }
    )


def trace(of: Problem, sample: int = 0, reasoning: str = RIGHT, **changes: Any) -> Trace:
    response = changes.pop("response", "5")
    return Trace.model_validate(
        {
            "trace_id": ids.trace_id(of.problem_id, FINGERPRINT, sample),
            "problem_id": of.problem_id,
            "sample": sample,
            "teacher": FINGERPRINT,
            "model": TEACHER.model,
            "raw": f"<think>{reasoning}</think>{response}",
            "reasoning": reasoning,
            "response": response,
            "layout": "think",
            "finish_reason": "stop",
            "completion_tokens": 10 + sample,
            **changes,
        }
    )


def damage(part: Path) -> None:
    """Breaks the data of a Parquet file, whose size and footer stay as they were."""
    content = bytearray(part.read_bytes())
    footer = int.from_bytes(content[-8:-4], "little") + 8
    content[4:-footer] = bytes(len(content) - 4 - footer)
    part.write_bytes(content)


def verdict(of: Trace, **changes: Any) -> Verdict:
    right = of.response == "5"
    return Verdict.model_validate(
        {
            "trace_id": of.trace_id,
            "status": "correct" if right else "incorrect",
            "verifier": "exact",
            "version": 1,
            "extracted": of.response,
            "reference": "5",
            **changes,
        }
    )


def decision(of: Trace, **changes: Any) -> Decision:
    right = of.response == "5"
    return Decision.model_validate(
        {
            "trace_id": of.trace_id,
            "kept": right,
            "rules": [] if right else ["not_correct"],
            "values": {} if right else {"status": "incorrect"},
            **changes,
        }
    )


def split_row(split: str, asked: Problem, of: Trace, **changes: Any) -> SplitRow:
    thought = f"<think>{of.reasoning}</think>{of.response}"
    return SplitRow.model_validate(
        {
            "split": split,
            "part": "train",
            "origin": "sampled",
            "trace_id": of.trace_id,
            "trace_ids": [of.trace_id],
            "problem_id": asked.problem_id,
            "messages": [*asked.messages, Message(role="assistant", content=thought)],
            "prompt": asked.prompt,
            "reasoning": of.reasoning,
            "response": of.response,
            "reference": asked.reference,
            "status": verdict(of).status,
            "extracted": of.response,
            "verifier": "exact",
            "domain": asked.domain,
            "kind": asked.kind,
            "language": asked.language,
            "model": of.model,
            "teacher": of.teacher,
            "sampling": {"temperature": 0.6},
            "source": asked.source,
            "licence": asked.licence,
            "completion_tokens": of.completion_tokens,
            "rules": decision(of).rules,
            **changes,
        }
    )


def journey_row(asked: Problem, shortcut: Trace, part: str = "train", **changes: Any) -> SplitRow:
    """A stitched journey with its three spans."""
    start = len("<think>")
    turned, righted = start + len(WRONG), start + len(WRONG + TURN)
    spans = [
        Span(start=start, end=turned, role="wrong_attempt", status="incorrect"),
        Span(start=turned, end=righted, role="reflection"),
        Span(start=righted, end=righted + len(RIGHT), role="correct_path", status="correct"),
    ]
    made = trace(asked, reasoning=WRONG + TURN + RIGHT)
    return split_row(
        "journey",
        asked,
        made,
        **{
            "part": part,
            "origin": "stitched",
            "trace_id": ids.content_id("stitched", shortcut.trace_id),
            "trace_ids": [shortcut.trace_id],
            "pair_id": shortcut.trace_id,
            "spans": spans,
            **changes,
        },
    )


def write_rows(path: Path, rows: Sequence[BaseModel], schema: pa.Schema) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pylist([tables.to_row(row) for row in rows], schema=schema)
    pq.write_table(table, path, compression="zstd")


def write_splits(path: Path, rows: Iterable[SplitRow]) -> None:
    groups: dict[tuple[str, str], list[SplitRow]] = {}
    for row in rows:
        groups.setdefault((row.split, row.part), []).append(row)
    for (split, part), group in groups.items():
        write_rows(path / "splits" / split / f"{part}-00000.parquet", group, tables.SPLITS)


def annotate(path: Path, annotator: str, rows: Mapping[str, Sequence[Any]]) -> None:
    """Writes an annotator's columns, `trace_id` among them, for the first trace part."""
    first = min((path / "traces").glob("*.parquet")).name
    target = path / "annotations" / annotator / first
    target.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(rows).write_parquet(target)


def finished_run(path: Path, problems: int = 4, settings: Recipe | None = None) -> Run:
    """Each problem has one wrong and one right sample; the last problem is in the test part."""
    asked = [problem(f"What is {i} + {5 - i}?") for i in range(problems)]
    wrong = [trace(p, 0, reasoning=WRONG, response="6") for p in asked]
    right = [trace(p, 1) for p in asked]
    sampled = [t for pair in zip(wrong, right, strict=True) for t in pair]
    with Run.open(path, settings or recipe()) as run:
        run.append(asked)
        run.append(sampled)
        run.append([verdict(t) for t in sampled])
        run.record("generate", {"traces": len(sampled)})
    lengths = [len(t.reasoning) for t in sampled]
    annotate(path, "length", {"trace_id": [t.trace_id for t in sampled], "characters": lengths})
    decided = [decision(t) for t in sampled]
    write_rows(path / "decisions" / "part-000001.parquet", decided, tables.DECISIONS)
    parts = ["train"] * (problems - 1) + ["test"]
    rows = []
    for p, bad, good, part in zip(asked, wrong, right, parts, strict=True):
        rows.append(split_row("shortcut", p, good, part=part))
        rows.append(split_row("rejected", p, bad, part=part))
        rows.append(journey_row(p, good, part))
    write_splits(path, rows)
    return Run.read(path)
