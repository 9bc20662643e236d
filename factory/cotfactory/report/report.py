"""`cotfactory report`: one self-contained page."""

from pathlib import Path
from typing import Any

from markupsafe import Markup

from cotfactory import catalog
from cotfactory.report import charts, measured, samples
from cotfactory.report.facts import facts
from cotfactory.report.lengths import histograms_of
from cotfactory.report.pages import environment
from cotfactory.splits import quality
from cotfactory.store import atomic
from cotfactory.store.run import Run

REPORT_FILE = "report.html"
KEPT_SHOWN, REJECTED_SHOWN, JOURNEYS_SHOWN, CLUSTERS_SHOWN = 4, 2, 3, 3


def write_report(run: Run) -> Path:
    """Writes report.html: no script, nothing fetched, every text of the run escaped."""
    path = run.path / REPORT_FILE
    atomic.write_text(path, render(run))
    return path


def render(run: Run) -> str:
    """Returns the report as HTML."""
    known = facts(run)
    with catalog.connect(run) as connection:
        unit, histograms = histograms_of(run, connection)
        return (
            environment()
            .get_template("report.html.jinja")
            .render(
                recipe=run.recipe,
                facts=known,
                pass_rates=_svg(charts.pass_rates(known.domains)) if known.traces else "",
                lengths=_svg(charts.lengths(histograms, unit)) if histograms else "",
                languages=measured.languages(connection),
                clusters=measured.clusters(connection, CLUSTERS_SHOWN),
                quality=quality(run),
                pairs=samples.pairs(connection, JOURNEYS_SHOWN),
                kept=samples.kept(connection, KEPT_SHOWN),
                rejected=samples.rejected(connection, REJECTED_SHOWN),
            )
        )


def _svg(figure: Any) -> Markup:  # noqa: ANN401 - matplotlib stays behind charts
    return Markup(charts.svg(figure))  # noqa: S704 - made by our own charts
