"""Says why a trace was kept or rejected: what was measured, and what each rule made of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from cotfactory import measures
from cotfactory.decide import DECISIONS_FILE, rules_of
from cotfactory.errors import CotfactoryError
from cotfactory.store.run import Run
from cotfactory_filters import decide as judge
from cotfactory_filters import predicates, rules, select


@dataclass(frozen=True)
class RuleSeen:
    """A rule and what it saw in one trace."""

    name: str
    fired: bool
    because: str
    reject_if: str
    limit: float | None
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Explanation:
    """Why one trace was kept or rejected. `measured` is all that is known of it."""

    trace_id: str
    kept: bool
    measured: Mapping[str, Any]
    rules: tuple[RuleSeen, ...]

    def __str__(self) -> str:
        """What a person reads: the outcome, the verdict, then every rule with its values."""
        facts = self.measured
        verdict = ", ".join(filter(None, (facts["verifier"] or "no verifier", facts["method"])))
        lines = [
            f"{self.trace_id}  {'kept' if self.kept else 'rejected'}",
            f"  problem  {facts['problem_id']}, sample {facts['sample']}, {facts['model']}",
            f"  verdict  {facts['status'] or 'none'} ({verdict})",
            "",
        ]
        width = max((len(rule.name) for rule in self.rules), default=0)
        for rule in self.rules:
            mark = "REJECTS" if rule.fired else "passes "
            seen = ", ".join(f"{k} = {_shown(v)}" for k, v in rule.values.items())
            limit = "" if rule.limit is None else f"  (limit {rule.limit:g})"
            lines.append(f"  {mark}  {rule.name:<{width}}  {seen}{limit}")
            if rule.fired:
                lines.append(f"           {'':<{width}}  {rule.because}")
        return "\n".join(lines)


def why(run: Run, trace_id: str) -> Explanation:
    """Explains the decision on a trace; the start of an id will do if no other starts so.

    Raises:
        CotfactoryError: the run is not decided, or holds no such trace, or several.
    """
    decision = _decision(run, trace_id)
    measured, seen = _look(run, decision)
    return Explanation(decision["trace_id"], decision["kept"], measured, seen)


def _decision(run: Run, trace_id: str) -> dict[str, Any]:
    path = run.path / DECISIONS_FILE
    if not path.exists():
        raise CotfactoryError(f"{run.path}: nothing decided yet. Run: cotfactory filter {run.path}")
    decisions = pl.scan_parquet(path)
    found = decisions.filter(pl.col("trace_id").str.starts_with(trace_id)).collect().to_dicts()
    if len(found) != 1:
        many = f"{len(found)} traces" if found else "no decided trace"
        raise CotfactoryError(
            f"{run.path}: {many} with an id that starts with '{trace_id}'. "
            f"Find ids with: cotfactory query {run.path} 'FROM decisions'"
        )
    return {**found[0], "values": json.loads(found[0]["values"])}


def _look(run: Run, decision: dict[str, Any]) -> tuple[dict[str, Any], tuple[RuleSeen, ...]]:
    with measures.connect(run, decision["trace_id"]) as connection:
        row = connection.execute("SELECT * FROM measures").fetchone() or ()
        names = [column[0] for column in connection.description or []]
        measured = dict(zip(names, row, strict=True))
        known = {**measured, **dict.fromkeys(select.duplicate_columns(measured))}
        known |= decision["values"]
        seen = []
        for name, rule in rules_of(run).items():
            columns = predicates.of_rule(connection, name, rule, known).columns
            values = {column: known[column] for column in columns}
            beside = (column for column in judge.shown(columns) if known.get(column) is not None)
            values |= {column: known[column] for column in beside}
            fired = name in decision["rules"]
            seen.append(RuleSeen(name, fired, rule.because, rule.reject_if, rule.limit, values))
    for name, because in rules.SELECTION.items():
        if name in decision["rules"]:
            place = {rules.PLACES[name]: decision["values"][rules.PLACES[name]]}
            seen.append(RuleSeen(name, True, because, "", None, place))  # noqa: FBT003
    return measured, tuple(seen)


def _shown(value: Any) -> str:  # noqa: ANN401 - whatever a column holds
    if value is None:
        return "none"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
