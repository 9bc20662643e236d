"""`cotfactory report`: one self-contained page."""

from pathlib import Path
from typing import Any

import duckdb
from markupsafe import Markup

from cotfactory import catalog
from cotfactory.report import charts, samples
from cotfactory.report.facts import facts
from cotfactory.report.pages import environment
from cotfactory.store import atomic
from cotfactory.store.run import Run

REPORT_FILE = "report.html"
KEPT_SHOWN, REJECTED_SHOWN, JOURNEYS_SHOWN = 4, 2, 3


def write_report(run: Run) -> Path:
    """Writes report.html: no script, nothing fetched, every text of the run escaped."""
    path = run.path / REPORT_FILE
    atomic.write_text(path, render(run))
    return path


def render(run: Run) -> str:
    """Returns the report as HTML."""
    known = facts(run)
    with catalog.connect(run) as connection:
        unit, histograms = _lengths(connection)
        return (
            environment()
            .get_template("report.html.jinja")
            .render(
                recipe=run.recipe,
                facts=known,
                pass_rates=_svg(charts.pass_rates(known.domains)) if known.traces else "",
                lengths=_svg(charts.lengths(histograms, unit)) if histograms else "",
                pairs=samples.pairs(connection, JOURNEYS_SHOWN),
                kept=samples.kept(connection, KEPT_SHOWN),
                rejected=samples.rejected(connection, REJECTED_SHOWN),
            )
        )


def _svg(figure: Any) -> Markup:  # noqa: ANN401 - matplotlib stays behind charts
    return Markup(charts.svg(figure))  # noqa: S704 - made by our own charts


def _lengths(connection: duckdb.DuckDBPyConnection) -> tuple[str, list[charts.Lengths]]:
    """Histograms of answer lengths by domain; characters where no engine counted tokens."""
    counted = connection.execute("SELECT count(completion_tokens) FROM traces").fetchone()
    by_tokens = bool(counted and counted[0])
    size = "completion_tokens" if by_tokens else "length(reasoning) + length(response)"
    rows = connection.execute(
        f"SELECT domain, floor(log2({size}) * {charts.BINS_PER_DOUBLING}) AS bin, count(*) "  # noqa: S608
        "FROM traces JOIN problems USING (problem_id) "
        f"WHERE {size} > 0 GROUP BY ALL ORDER BY domain, bin"
    ).fetchall()
    counts: dict[str, dict[int, int]] = {}
    for domain, number, count in rows:
        counts.setdefault(domain, {})[int(number)] = count
    histograms = [charts.Lengths(domain, bins) for domain, bins in counts.items()]
    return ("tokens" if by_tokens else "characters"), histograms
