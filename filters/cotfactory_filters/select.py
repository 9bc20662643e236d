"""SQL that picks: one trace of a group of duplicates, and a problem's best traces."""

from collections.abc import Collection, Mapping, Sequence

DUPLICATE_COLUMNS = frozenset({"duplicate_of", "near_duplicate_of", "near_duplicate_jaccard"})
"""Made by `with_duplicates`: the trace that was kept instead, and how alike the two are."""

_GROUPS: Mapping[str, str] = {"duplicate_of": "dedup_exact", "near_duplicate_of": "dedup_cluster"}
_SCORE = "reflection_trace_score"


def duplicate_columns(measured: Collection[str]) -> list[str]:
    """The columns that `with_duplicates` adds to a table of the columns `measured`."""
    if not set(_GROUPS.values()) <= set(measured):
        return []
    return [*_GROUPS, "near_duplicate_jaccard"]


def with_duplicates(source: str, target: str, measured: Collection[str], rejected: str) -> str:
    """Makes `target`: `source` and the trace that stays of each trace's group of duplicates.

    A group keeps a trace that no other rule rejects if it has one, then a correct one, then the
    one with the best trace score, then the shortest. For the trace that stays the columns are
    null. `rejected` is the condition that another rule fired.
    """
    if not duplicate_columns(measured):
        return f"CREATE TABLE {target} AS SELECT * FROM {source}"
    score = f"{_SCORE} DESC NULLS LAST, " if _SCORE in measured else ""
    best = (
        f"({rejected}), coalesce(status, '') <> 'correct', {score}"
        "completion_tokens NULLS LAST, trace_id"
    )
    groups = ", ".join(
        f"CASE WHEN {group} IS NOT NULL THEN nullif(first_value(trace_id) OVER "
        f"(PARTITION BY {group} ORDER BY {best}), trace_id) END AS {column}"
        for column, group in _GROUPS.items()
    )
    return (
        f"CREATE TABLE {target} AS WITH grouped AS (SELECT *, {groups} FROM {source}) "
        "SELECT grouped.*, pairs.jaccard AS near_duplicate_jaccard FROM grouped LEFT JOIN pairs "
        "ON pairs.a = least(trace_id, near_duplicate_of) "
        "AND pairs.b = greatest(trace_id, near_duplicate_of)"
    )


def ranked(source: str, target: str, rejected: str, order_by: Sequence[str]) -> str:
    """Makes `target`: `source` and `rank_`, the place of a passed trace among its problem's.

    Rejected traces have no rank. Ties end by trace_id.
    """
    order = ", ".join([*order_by, "trace_id"])
    return (
        f"CREATE TABLE {target} AS SELECT *, CASE WHEN NOT ({rejected}) THEN row_number() OVER "
        f"(PARTITION BY problem_id, ({rejected}) ORDER BY {order}) END AS rank_ FROM {source}"
    )
