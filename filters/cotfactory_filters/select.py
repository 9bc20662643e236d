"""SQL that picks: one of a group of duplicates, a problem's best traces, a domain's share."""

import math
from collections.abc import Collection, Mapping, Sequence

from cotfactory_schemas.recipe import SelectSettings

GROUPS = ("dedup_exact", "dedup_cluster", "dedup_problem_exact")
"""Names of groups, null for who is alone: without them nothing is a duplicate."""

DUPLICATE_COLUMNS = (
    "duplicate_of",
    "near_duplicate_of",
    "near_duplicate_jaccard",
    "problem_duplicate_of",
)
"""Made by `duplicates`: what was kept instead, and how alike the two traces are."""

_SCORE = "reflection_trace_score"
_ROUNDING = 1e-6  # a share of a third must not lose a trace to binary fractions


def duplicate_columns(measured: Collection[str]) -> tuple[str, ...]:
    """The columns that `duplicates` makes from a table of the columns `measured`."""
    return DUPLICATE_COLUMNS if set(GROUPS) <= set(measured) else ()


def duplicates(rejected: str, measured: Collection[str]) -> str:
    """Selects `place_` and what stays of a trace's groups of duplicates, for members of groups.

    A group of traces keeps one that no other rule rejects if it has one, then a correct one, then
    the one with the best trace score, then the shortest; a group of problems the one with the
    most traces that no other rule rejects. For what stays the columns are null. `rejected` is the
    condition that another rule fired. Reads `m`, `early` and `pairs`.
    """
    score = f"{_SCORE} DESC NULLS LAST, " if _SCORE in measured else ""
    best = (
        f"({rejected}), coalesce(status, '') <> 'correct', {score}"
        "completion_tokens NULLS LAST, trace_id"
    )
    # Jaccards are known of the first of traces with the same words, whose id names their group.
    return f"""
        WITH grouped AS (
            SELECT * FROM m JOIN early USING (place_)
            WHERE coalesce(dedup_exact, dedup_cluster, dedup_problem_exact) IS NOT NULL
        ), problems AS (
            SELECT problem_id, first_value(problem_id) OVER (
                PARTITION BY dedup_problem_exact ORDER BY passed DESC, problem_id) AS kept
            FROM (
                SELECT problem_id, dedup_problem_exact, count(*) FILTER (NOT ({rejected})) AS passed
                FROM grouped WHERE dedup_problem_exact IS NOT NULL GROUP BY ALL)
        ), ordered AS (
            SELECT place_, trace_id, problem_id, coalesce(dedup_exact, trace_id) AS words,
                first_value(trace_id) OVER exact AS exact,
                first_value(trace_id) OVER near AS near,
                first_value(words) OVER near AS near_words
            FROM grouped
            WINDOW exact AS (PARTITION BY coalesce(dedup_exact, trace_id) ORDER BY {best}),
                near AS (PARTITION BY coalesce(dedup_cluster, trace_id) ORDER BY {best})
        )
        SELECT place_,
            nullif(exact, trace_id) AS duplicate_of,
            nullif(near, trace_id) AS near_duplicate_of,
            CASE WHEN near = trace_id THEN NULL WHEN words = near_words THEN 1.0
                ELSE pairs.jaccard END AS near_duplicate_jaccard,
            nullif(problems.kept, problem_id) AS problem_duplicate_of
        FROM ordered LEFT JOIN problems USING (problem_id) LEFT JOIN pairs
            ON pairs.a = least(words, near_words) AND pairs.b = greatest(words, near_words)"""


def ranks(passed: str, order_by: Sequence[str]) -> str:
    """Selects `place_` and `rank_`, a passed trace's place among its problem's passed traces.

    Ties end by trace_id. `passed` is a condition on `flagged`.
    """
    order = ", ".join([*order_by, "trace_id"])
    return (
        f"SELECT place_, row_number() OVER (PARTITION BY problem_id ORDER BY {order}) AS rank_ "
        f"FROM flagged WHERE {passed}"
    )


def domain_ranks(per_problem: int | None, seed: int) -> str:
    """Selects `place_`, `domain` and `domain_rank_`, a selected trace's place in its domain.

    Problems come in an order that `seed` makes, each with its best trace first.
    """
    selected = "" if per_problem is None else f"WHERE rank_ <= {per_problem}"
    return (
        "SELECT place_, domain, row_number() OVER (PARTITION BY domain "
        f"ORDER BY md5('{seed} ' || problem_id), rank_) AS domain_rank_ "
        f"FROM ranks JOIN m USING (place_) {selected}"
    )


def limits(available: Mapping[str, int], selection: SelectSettings) -> dict[str, int]:
    """Returns how many traces each bounded domain may have, by quota and by mix."""
    had = dict(available)
    bounds: dict[str, int] = {}
    for domain, quota in selection.quotas.items():
        had[domain] = bounds[domain] = min(had.get(domain, 0), quota)
    scale = min((had.get(d, 0) / share for d, share in selection.mix.items()), default=0)
    for domain, share in selection.mix.items():
        bounds[domain] = math.floor(scale * share + _ROUNDING)
    return bounds
