"""What a run amounts to, in numbers: for its card, its report and its pages."""

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from cotfactory import catalog
from cotfactory.decide import FunnelStep, funnel
from cotfactory.sql import literal
from cotfactory.store.run import Run
from cotfactory_filters.verify.sandbox.sandbox import UNSAFE


@dataclass(frozen=True)
class DomainFacts:
    """A domain's problems and samples; `solved` problems have a correct sample."""

    domain: str
    problems: int
    solved: int
    samples: int
    correct: int
    kept: int

    @property
    def pass_rate(self) -> float:
        """The share of samples that are correct."""
        return self.correct / self.samples if self.samples else 0.0


@dataclass(frozen=True)
class SourceFacts:
    """Where problems came from, under which licence."""

    source: str
    licence: str
    problems: int


@dataclass(frozen=True)
class Facts:
    """What a run amounts to.

    `rows` and `origins` count split rows by (split, part) and (split, origin). `unplaced` counts
    kept traces that no row could be made of, by reason. `unconfined` counts verdicts from programs
    that ran without a sandbox.
    """

    problems: int
    traces: int
    kept: int
    completion_tokens: int
    statuses: Mapping[str, int]
    outcomes: Mapping[str, int]
    domains: tuple[DomainFacts, ...]
    languages: Mapping[str, int]
    models: Mapping[str, int]
    sources: tuple[SourceFacts, ...]
    verifiers: Mapping[str, int]
    rows: Mapping[tuple[str, str], int]
    origins: Mapping[tuple[str, str], int]
    funnel: tuple[FunnelStep, ...]
    unplaced: Mapping[str, int]
    unconfined: int


def facts(run: Run) -> Facts:
    """Counts the run through its views."""
    with catalog.connect(run) as connection:
        count = _Counter(connection)
        return Facts(
            problems=count.one("SELECT count(*) FROM problems"),
            traces=count.one("SELECT count(*) FROM traces"),
            kept=count.one("SELECT count(*) FROM decisions WHERE kept"),
            completion_tokens=count.one("SELECT coalesce(sum(completion_tokens), 0) FROM traces"),
            statuses=count.by("status", "verdicts"),
            outcomes=count.by("outcome", "outcomes"),
            domains=tuple(DomainFacts(*row) for row in connection.execute(_DOMAINS).fetchall()),
            languages=count.by("language", "problems"),
            models=count.by("model", "traces"),
            sources=tuple(SourceFacts(*row) for row in connection.execute(_SOURCES).fetchall()),
            verifiers=count.by("verifier || ' ' || version", "verdicts"),
            rows=count.by_two("split", "part"),
            origins=count.by_two("split", "origin"),
            funnel=tuple(funnel(run)),
            unplaced=count.pairs(_UNPLACED),
            unconfined=count.one(_UNCONFINED),
        )


_DOMAINS = """
SELECT domain, count(DISTINCT problem_id), count(DISTINCT problem_id) FILTER (status = 'correct'),
       count(trace_id), count(*) FILTER (status = 'correct'), count(*) FILTER (kept)
FROM problems LEFT JOIN traces USING (problem_id) LEFT JOIN verdicts USING (trace_id)
     LEFT JOIN decisions USING (trace_id)
GROUP BY domain ORDER BY domain
"""
_SOURCES = """
SELECT source, coalesce(licence, '') AS terms, count(*) FROM problems
GROUP BY source, terms ORDER BY count(*) DESC, source, terms
"""


_UNPLACED = """
SELECT s.rules[1] AS rule, count(*) FROM splits s JOIN decisions d USING (trace_id)
WHERE s.split = 'rejected' AND d.kept GROUP BY rule ORDER BY count(*) DESC, rule
"""
_UNCONFINED = f"SELECT count(*) FROM verdicts WHERE contains(detail, {literal(UNSAFE)})"  # noqa: S608 - our own constants


class _Counter:
    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def one(self, sql: str) -> int:
        row = self._connection.execute(sql).fetchone()
        return int(row[0]) if row else 0

    def by(self, expression: str, view: str) -> dict[str, int]:
        """Counts the rows of a view by an expression, most frequent first."""
        return self.pairs(
            f"SELECT {expression} AS value, count(*) FROM {view} "  # noqa: S608 - our own constants
            "GROUP BY value ORDER BY count(*) DESC, value"
        )

    def pairs(self, sql: str) -> dict[str, int]:
        """A value and its count in each row."""
        rows = self._connection.execute(sql).fetchall()
        return {str(value): int(count) for value, count in rows}

    def by_two(self, first: str, second: str) -> dict[tuple[str, str], int]:
        """Counts the rows of the splits by two columns."""
        rows = self._connection.execute(
            f"SELECT {first}, {second}, count(*) FROM splits "  # noqa: S608 - our own constants
            "GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        return {(str(one), str(two)): int(count) for one, two, count in rows}
