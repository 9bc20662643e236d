"""How long answers are, by domain."""

import duckdb
from matplotlib.figure import Figure

from cotfactory import catalog
from cotfactory.report import charts
from cotfactory.store.run import Run


def length_chart(run: Run) -> Figure | None:
    """Draws the lengths of all answers; None where there are none."""
    with catalog.connect(run) as connection:
        unit, histograms = histograms_of(run, connection)
    return charts.lengths(histograms, unit) if histograms else None


def histograms_of(
    run: Run, connection: duckdb.DuckDBPyConnection
) -> tuple[str, list[charts.Lengths]]:
    """Histograms of answer lengths by domain; characters where no engine counted tokens."""
    counted = connection.execute("SELECT count(completion_tokens) FROM traces").fetchone()
    by_tokens = bool(counted and counted[0])
    size = "completion_tokens" if by_tokens else "length(reasoning) + length(response)"
    lengths = f"SELECT problem_id, {size} AS size FROM traces"  # noqa: S608 - our own words
    if not by_tokens and (measured := catalog.annotations_of(run, "length")):
        lengths = (
            "SELECT problem_id, reasoning_chars + response_chars AS size "  # noqa: S608 - our own words
            f"FROM (SELECT trace_id, problem_id FROM traces) JOIN ({measured}) USING (trace_id)"
        )
    # Counted before the join, which would hold the texts to measure them afterwards.
    place = f"floor(log2(size) * {charts.BINS_PER_DOUBLING})"
    rows = connection.execute(
        f"WITH counted AS (SELECT problem_id, {place} AS bin, "  # noqa: S608 - our own words
        f"count(*) AS traces FROM ({lengths}) WHERE size > 0 GROUP BY ALL) "
        "SELECT domain, bin, sum(traces) FROM counted JOIN problems USING (problem_id) "
        "GROUP BY ALL ORDER BY domain, bin"
    ).fetchall()
    counts: dict[str, dict[int, int]] = {}
    for domain, place, count in rows:
        counts.setdefault(domain, {})[int(place)] = int(count)
    histograms = [charts.Lengths(domain, bins) for domain, bins in counts.items()]
    return ("tokens" if by_tokens else "characters"), histograms
