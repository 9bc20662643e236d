"""Charts as inline SVG, for pages, and as PNG, for the card."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any, Literal

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cotfactory.report.facts import DomainFacts

_STYLE: dict[Any, Any] = {
    "text.parse_math": False,  # a "$" in a name is a dollar
    "svg.fonttype": "none",  # text stays text: small, and readable for those who listen
    "svg.hashsalt": "cotfactory",  # the same data gives the same bytes
    "font.family": "sans-serif",
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
_COLOURS = ("#2563eb", "#d97706", "#059669", "#7c3aed", "#dc2626")
_WIDTH_IN = 6.4


BINS_PER_DOUBLING = 2


@dataclass(frozen=True)
class Lengths:
    """A histogram of one domain's lengths: counts by bin.

    Bin i holds lengths from 2**(i / BINS_PER_DOUBLING) up to where bin i + 1 starts.
    """

    domain: str
    counts: Mapping[int, int]


def pass_rates(domains: Sequence[DomainFacts]) -> Figure:
    """Bars of the share of samples that are correct, by domain."""
    figure, axes = _figure(height=0.9 + 0.45 * len(domains))
    names = [d.domain for d in domains]
    bars = axes.barh(names, [100 * d.pass_rate for d in domains], color=_COLOURS[0], height=0.6)
    labels = [f"{d.pass_rate:.1%} of {d.samples:,}" for d in domains]
    axes.bar_label(bars, labels, padding=4)
    axes.set_xlim(0, 125)
    axes.set_xticks([0, 25, 50, 75, 100])
    axes.set_xlabel("samples that are correct, %")
    axes.invert_yaxis()
    return figure


def lengths(histograms: Sequence[Lengths], unit: str) -> Figure:
    """Steps of how long answers are, by domain, on a logarithmic axis."""
    figure, axes = _figure(height=2.8)
    for histogram, colour in zip(histograms, cycle(_COLOURS), strict=False):
        bins = range(min(histogram.counts), max(histogram.counts) + 1)
        total = sum(histogram.counts.values())
        shares = [100 * histogram.counts.get(i, 0) / total for i in bins]
        edges = [2 ** (i / BINS_PER_DOUBLING) for i in (*bins, bins[-1] + 1)]
        axes.stairs(shares, edges, color=colour, linewidth=2, label=histogram.domain)
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set_xlabel(f"length of the answer, {unit}")
    axes.set_ylabel("share of answers, %")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    return figure


def svg(figure: Figure) -> str:
    """Returns the figure as an `<svg>` element as wide as the page lets it be."""
    text = _saved(figure, "svg", dict.fromkeys(["Date", "Creator", "Format", "Type"])).decode(
        "utf-8"
    )
    element = text[text.index("<svg") :]
    width, height = figure.get_size_inches() * 72
    fixed = f'width="{width:g}pt" height="{height:g}pt"'
    return element.replace(fixed, 'width="100%" role="img"', 1)


def png(figure: Figure) -> bytes:
    """Returns the figure as a PNG picture."""
    return _saved(figure, "png", {"Software": None}, dpi=144)


def _figure(height: float) -> tuple[Figure, Axes]:
    with rc_context(_STYLE):
        figure = Figure(figsize=(_WIDTH_IN, height), layout="constrained")
        return figure, figure.add_subplot()


def _saved(
    figure: Figure,
    form: Literal["svg", "png"],
    metadata: Mapping[str, Any],
    dpi: int = 72,
) -> bytes:
    out = io.BytesIO()
    with rc_context(_STYLE):
        figure.savefig(out, format=form, metadata=dict(metadata), dpi=dpi)
    return out.getvalue()
