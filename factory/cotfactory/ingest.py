"""Takes in traces made elsewhere, so that they can be judged, filtered and published."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from cotfactory.errors import UsageError
from cotfactory.sources import RowFault, fields, rows
from cotfactory.sources.places import Place, places
from cotfactory.store.known import IdSet
from cotfactory.store.read import scan
from cotfactory.store.run import RunWriter
from cotfactory_filters import layout
from cotfactory_schemas import Message, Problem, Trace, ids

TRACE_FIELDS = (
    "model", "text", "reasoning", "response", "finish_reason",
    "prompt_tokens", "reasoning_tokens", "completion_tokens",
)  # fmt: skip
FIELDS = (*fields.PROBLEM_FIELDS, *TRACE_FIELDS)
GROUP_ROWS = 256
FAULTS_KEPT = 100


@dataclass
class IngestSummary:
    """What became of the rows. `known` rows were in the run already."""

    added: int = 0
    known: int = 0
    skipped_rows: int = 0
    faults: list[str] = field(default_factory=list)
    layouts: Counter[str] = field(default_factory=Counter)


class Ingested(NamedTuple):
    """A row, read. The trace's `sample` is still to be counted."""

    problem: Problem
    trace: Trace


def ingest(
    run: RunWriter,
    patterns: Iterable[str],
    mapping: Mapping[str, str],
    defaults: Mapping[str, str],
    progress: Callable[[str, int, int | None], None],
) -> IngestSummary:
    """Adds rows of files to the run; a row that is there already is not added again.

    `patterns` are paths and URLs (`sources.places`). `mapping` gives the column for a field of
    FIELDS, `defaults` values for rows that do not say.

    Raises:
        UsageError: a file cannot be read at all, or a field is unknown.
    """
    columns = fields.Columns(mapping, FIELDS, "--map FIELD=COLUMN")
    seen = _Seen(run)
    summary = IngestSummary()
    group: list[Problem | Trace] = []
    for path in places(patterns):
        template = _template(path, defaults)
        for row in rows.read(path):
            read = row if isinstance(row, RowFault) else _attempt(*row, columns, template)
            if isinstance(read, RowFault):
                _note(read, summary)
                continue
            group += seen.new_rows(read, summary)
            if len(group) >= GROUP_ROWS:
                run.append(group)
                group.clear()
                progress("ingest", summary.added + summary.known, None)
    run.append(group)
    run.roll()
    run.record("ingest", {**vars(summary), "layouts": dict(summary.layouts)})
    return summary


class _Seen:
    """What the run holds already, and how many traces each problem has."""

    def __init__(self, run: RunWriter) -> None:
        problems = scan(run, "problems").select("problem_id").collect()
        traces = scan(run, "traces").select("trace_id", "problem_id").collect()
        self._problems = IdSet(problems.get_column("problem_id"))
        self._traces = IdSet(traces.get_column("trace_id"))
        self._samples = Counter(traces.get_column("problem_id"))

    def new_rows(self, read: Ingested, summary: IngestSummary) -> Iterator[Problem | Trace]:
        """Yields what of a row the run does not hold yet."""
        problem, trace = read
        if not self._traces.add(trace.trace_id):
            summary.known += 1
            return
        summary.added += 1
        summary.layouts[trace.layout] += 1
        if self._problems.add(problem.problem_id):
            yield problem
        yield trace.model_copy(update={"sample": self._samples[problem.problem_id]})
        self._samples[problem.problem_id] += 1


def _template(path: Place, defaults: Mapping[str, str]) -> Problem:
    unknown = sorted(set(defaults) - {"verifier", "domain", "kind", "language", "licence"})
    if unknown:
        raise UsageError(f"--default {unknown[0]}: only verifier, domain, kind, language, licence")
    placeholder = (Message(role="user", content=""),)
    values = {"messages": placeholder, "source": path.stem, **defaults}
    try:
        fields.known_verifier(defaults.get("verifier", ""))
    except ValueError as error:
        raise UsageError(f"--default verifier: {error}") from None
    made = fields.attempt("--default", "", partial(Problem.model_validate, values))
    if isinstance(made, RowFault):
        raise UsageError(str(made))
    return made


def _attempt(
    place: str, row: Mapping[str, Any], columns: fields.Columns, template: Problem
) -> Ingested | RowFault:
    return fields.attempt(place, columns.option, partial(_read, row, columns, template))


def _read(row: Mapping[str, Any], columns: fields.Columns, template: Problem) -> Ingested:
    messages = columns.get(row, "messages")
    turns = list(messages) if messages is not None else []
    answer = turns.pop() if turns and turns[-1].get("role") == "assistant" else None
    problem = fields.problem({**row, **_prompt(columns, turns)}, columns, template)
    raw, read = _text(row, columns, answer)
    source_id, model = columns.text(row, "id") or "", columns.text(row, "model") or "unknown"
    teacher = ids.content_id("ingested", model)
    counts = ("prompt_tokens", "reasoning_tokens", "completion_tokens")
    # Rows have no sample index that would survive reordering: their content names them.
    trace_id = ids.trace_id(problem.problem_id, teacher, f"{source_id}:{ids.content_id(raw)}")
    trace = Trace.model_validate(
        {
            "trace_id": trace_id,
            "problem_id": problem.problem_id,
            "sample": 0,
            "teacher": teacher,
            "model": model,
            "engine": "ingested",
            "raw": raw,
            "reasoning": read.reasoning,
            "response": read.response,
            "layout": read.name,
            "finish_reason": columns.get(row, "finish_reason") or "unknown",
            "source_id": source_id,
            "extra": columns.rest(row),
            **{name: columns.get(row, name) for name in counts},
        }
    )
    return Ingested(problem.model_copy(update={"extra": {}, "source_id": ""}), trace)


def _prompt(columns: fields.Columns, turns: list[Any]) -> dict[str, Any]:
    return {columns.mapping["messages"]: turns} if turns else {}


def _text(
    row: Mapping[str, Any], columns: fields.Columns, answer: Mapping[str, Any] | None
) -> tuple[str, layout.Layout]:
    text = columns.text(row, "text")
    if text is not None:
        return text, layout.read(text)
    if answer is not None:
        return layout.read_fields(answer.get("reasoning_content"), answer.get("content"))
    reasoning, response = columns.text(row, "reasoning"), columns.text(row, "response")
    if reasoning is None and response is None:
        raise KeyError(columns.mapping["text"])
    return layout.read_fields(reasoning, response)


def _note(fault: RowFault, summary: IngestSummary) -> None:
    summary.skipped_rows += 1
    if len(summary.faults) < FAULTS_KEPT:
        summary.faults.append(str(fault))
