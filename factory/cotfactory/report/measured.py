"""What annotators found, for the report; empty where they have not run."""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

EXCERPT_CHARACTERS = 600
LANGUAGES_SHOWN = 40


@dataclass(frozen=True)
class LanguageFacts:
    """Traces whose problem is in `language`.

    `share` is the mean share of its words in the thought, `answers_match` the share of answers
    that are mainly in it; None where nothing was measured.
    """

    language: str
    traces: int
    share: float | None
    answers_match: float | None


@dataclass(frozen=True)
class Cluster:
    """Traces that say nearly the same; excerpts of two of them."""

    size: int
    excerpts: Sequence[str]


@dataclass(frozen=True)
class Clusters:
    """All clusters of near-duplicates, and the largest ones."""

    number: int
    traces: int
    largest: Sequence[Cluster]


def languages(connection: duckdb.DuckDBPyConnection) -> list[LanguageFacts]:
    """By the problems' language, most traces first."""
    if not _has(connection, "language_share", "language_response_matches"):
        return []
    rows = connection.execute(
        "SELECT language, count(*), avg(language_share), avg(language_response_matches::int) "
        "FROM traces JOIN problems USING (problem_id) JOIN annotations USING (trace_id) "
        "GROUP BY language ORDER BY count(*) DESC, language LIMIT ?",
        [LANGUAGES_SHOWN],
    ).fetchall()
    return [LanguageFacts(*row) for row in rows]


def clusters(connection: duckdb.DuckDBPyConnection, shown: int) -> Clusters | None:
    """Near-duplicates; None where they were not looked for, or none were found."""
    if not _has(connection, "dedup_cluster"):
        return None
    found = connection.execute(
        "SELECT count(*), coalesce(sum(size), 0)::BIGINT, "
        "list({size: size, ids: ids} ORDER BY size DESC, cluster)[1:?] FROM ("
        "SELECT dedup_cluster AS cluster, count(*) AS size, min(trace_id, 2) AS ids "
        "FROM annotations WHERE dedup_cluster IS NOT NULL GROUP BY 1)",
        [shown],
    ).fetchone()
    if not found or not found[0]:
        return None
    number, traces, largest = found
    return Clusters(
        number, traces, [Cluster(c["size"], _excerpts(connection, c["ids"])) for c in largest]
    )


def _excerpts(connection: duckdb.DuckDBPyConnection, ids: Sequence[str]) -> list[str]:
    rows = connection.execute(
        f"SELECT left(CASE WHEN reasoning = '' THEN response ELSE reasoning END, "  # noqa: S608
        f"{EXCERPT_CHARACTERS}) FROM traces WHERE trace_id IN (SELECT unnest(?)) ORDER BY trace_id",
        [list(ids)],
    ).fetchall()
    return [row[0] for row in rows]


def _has(connection: duckdb.DuckDBPyConnection, *names: str) -> bool:
    found = connection.execute(
        "SELECT column_name FROM duckdb_columns() WHERE table_name = 'annotations'"
    ).fetchall()
    return set(names) <= {row[0] for row in found}
