"""SQL that picks: one trace of a group of duplicates, and a problem's best traces."""

from collections.abc import Collection, Sequence

GROUPS = ("dedup_exact", "dedup_cluster", "dedup_problem_exact")
"""Names of groups, null for who is alone: without them nothing is a duplicate."""

DUPLICATE_COLUMNS = (
    "duplicate_of",
    "near_duplicate_of",
    "near_duplicate_jaccard",
    "problem_duplicate_of",
)
"""Made by `with_duplicates`: what was kept instead, and how alike the two traces are."""

_SCORE = "reflection_trace_score"


def duplicate_columns(measured: Collection[str]) -> tuple[str, ...]:
    """The columns that `with_duplicates` adds to a table of the columns `measured`."""
    return DUPLICATE_COLUMNS if set(GROUPS) <= set(measured) else ()


def with_duplicates(source: str, target: str, measured: Collection[str], rejected: str) -> str:
    """Makes `target`: `source` and what stays of each trace's groups of duplicates.

    A group of traces keeps one that no other rule rejects if it has one, then a correct one, then
    the one with the best trace score, then the shortest; a group of problems the one with the
    most traces that no other rule rejects. For what stays the columns are null. `rejected` is the
    condition that another rule fired.
    """
    if not duplicate_columns(measured):
        return f"CREATE TABLE {target} AS SELECT * FROM {source}"
    score = f"{_SCORE} DESC NULLS LAST, " if _SCORE in measured else ""
    best = (
        f"({rejected}), coalesce(status, '') <> 'correct', {score}"
        "completion_tokens NULLS LAST, trace_id"
    )
    # Jaccards are known of the first of traces with the same words, whose id names their group.
    return f"""
        CREATE TABLE {target} AS
        WITH problems AS (
            SELECT problem_id, first_value(problem_id) OVER (
                PARTITION BY dedup_problem_exact ORDER BY passed DESC, problem_id) AS kept
            FROM (
                SELECT problem_id, dedup_problem_exact, count(*) FILTER (NOT ({rejected})) AS passed
                FROM {source} WHERE dedup_problem_exact IS NOT NULL GROUP BY ALL)
        ), grouped AS (
            SELECT *, coalesce(dedup_exact, trace_id) AS words_,
                first_value(trace_id) OVER exact AS exact_,
                first_value(trace_id) OVER near AS near_,
                first_value(words_) OVER near AS near_words_
            FROM {source}
            WINDOW exact AS (PARTITION BY coalesce(dedup_exact, trace_id) ORDER BY {best}),
                near AS (PARTITION BY coalesce(dedup_cluster, trace_id) ORDER BY {best})
        )
        SELECT g.* EXCLUDE (words_, exact_, near_, near_words_),
            nullif(exact_, trace_id) AS duplicate_of,
            nullif(near_, trace_id) AS near_duplicate_of,
            CASE WHEN near_ = trace_id THEN NULL WHEN words_ = near_words_ THEN 1.0
                ELSE pairs.jaccard END AS near_duplicate_jaccard,
            nullif(problems.kept, problem_id) AS problem_duplicate_of
        FROM grouped g LEFT JOIN problems USING (problem_id) LEFT JOIN pairs
            ON pairs.a = least(words_, near_words_) AND pairs.b = greatest(words_, near_words_)"""


def ranked(source: str, target: str, rejected: str, order_by: Sequence[str]) -> str:
    """Makes `target`: `source` and `rank_`, the place of a passed trace among its problem's.

    Rejected traces have no rank. Ties end by trace_id.
    """
    order = ", ".join([*order_by, "trace_id"])
    return (
        f"CREATE TABLE {target} AS SELECT *, CASE WHEN NOT ({rejected}) THEN row_number() OVER "
        f"(PARTITION BY problem_id, ({rejected}) ORDER BY {order}) END AS rank_ FROM {source}"
    )
