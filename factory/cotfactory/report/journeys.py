"""How good the journeys are, measured on the rows themselves."""

from dataclasses import dataclass

import duckdb


@dataclass(frozen=True)
class JourneyQuality:
    """Journeys of one origin. All but `rows` and `length_ratio` are shares of 1.

    `wrong_confirmed`: every wrong attempt was judged wrong. `correction_confirmed`: a correct path
    was judged right. `one_thought`: exactly one pair of think tags. `repeated_text`: characters in
    lines of 30 and more that stood in the row before. `length_ratio`: median of the row's length
    by its shortcut's. `distinct_reflections`: wordings of reflections, numbers aside, by their
    count.
    """

    origin: str
    rows: int
    wrong_confirmed: float
    correction_confirmed: float
    one_thought: float
    repeated_text: float
    length_ratio: float | None
    distinct_reflections: float | None


_QUALITY = """
WITH journey AS (
  SELECT origin, pair_id, spans, messages[-1].content AS text,
    list_filter(string_split(messages[-1].content, chr(10)), lambda l: length(l) >= 30) AS lines
  FROM splits WHERE split = 'journey'
), shortcut AS (
  SELECT trace_id AS pair_id, any_value(length(messages[-1].content)) AS length
  FROM splits WHERE split = 'shortcut' GROUP BY trace_id
), measured AS (
  SELECT origin,
    len(list_filter(spans, lambda s: s.role = 'wrong_attempt'
                                     AND s.status IS DISTINCT FROM 'incorrect')) = 0 AS wrong,
    len(list_filter(spans, lambda s: s.role = 'correct_path'
                                     AND s.status = 'correct')) > 0 AS corrected,
    length(text) - length(replace(text, '<think>', '')) = 7
      AND length(text) - length(replace(text, '</think>', '')) = 8 AS one,
    1 - list_sum(list_transform(list_distinct(lines), lambda l: length(l)))
      / list_sum(list_transform(lines, lambda l: length(l))) AS repeated,
    length(text) / shortcut.length AS ratio,
    list_transform(list_filter(spans, lambda s: s.role = 'reflection'),
      lambda s: regexp_replace(substr(text, s.start + 1, s."end" - s.start), '[0-9]+', '#', 'g'))
      AS reflections
  FROM journey LEFT JOIN shortcut USING (pair_id)
), worded AS (
  SELECT origin, count(DISTINCT wording) / count(*) AS distinct_reflections
  FROM (SELECT origin, unnest(reflections) AS wording FROM measured) GROUP BY origin
)
SELECT origin, count(*), avg(wrong::int), avg(corrected::int), avg(one::int),
       coalesce(avg(repeated), 0), median(ratio), any_value(distinct_reflections)
FROM measured LEFT JOIN worded USING (origin) GROUP BY origin ORDER BY origin
"""


def journey_quality(connection: duckdb.DuckDBPyConnection) -> list[JourneyQuality]:
    """Measures the journeys of a run by origin."""
    return [JourneyQuality(*row) for row in connection.execute(_QUALITY).fetchall()]
