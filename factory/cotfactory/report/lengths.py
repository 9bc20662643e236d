"""How long answers are, by domain."""

import duckdb
from matplotlib.figure import Figure

from cotfactory import catalog
from cotfactory.report import charts
from cotfactory.store.run import Run


def length_chart(run: Run) -> Figure | None:
    """Draws the lengths of all answers; None where there are none."""
    with catalog.connect(run) as connection:
        unit, histograms = histograms_of(connection)
    return charts.lengths(histograms, unit) if histograms else None


def histograms_of(connection: duckdb.DuckDBPyConnection) -> tuple[str, list[charts.Lengths]]:
    """Histograms of answer lengths by domain; characters where no engine counted tokens."""
    counted = connection.execute("SELECT count(completion_tokens) FROM traces").fetchone()
    by_tokens = bool(counted and counted[0])
    size = "completion_tokens" if by_tokens else "length(reasoning) + length(response)"
    # Counted before the join, which would hold the texts to measure them afterwards.
    number = f"floor(log2({size}) * {charts.BINS_PER_DOUBLING})"
    rows = connection.execute(
        f"WITH counted AS (SELECT problem_id, {number} AS bin, count(*) AS traces FROM traces "  # noqa: S608 - our own words
        f"WHERE {size} > 0 GROUP BY ALL) "
        "SELECT domain, bin, sum(traces) FROM counted JOIN problems USING (problem_id) "
        "GROUP BY ALL ORDER BY domain, bin"
    ).fetchall()
    counts: dict[str, dict[int, int]] = {}
    for domain, place, count in rows:
        counts.setdefault(domain, {})[int(place)] = int(count)
    histograms = [charts.Lengths(domain, bins) for domain, bins in counts.items()]
    return ("tokens" if by_tokens else "characters"), histograms
