"""What all pages share: templates in which every text is escaped."""

import jinja2
from markupsafe import Markup

from cotfactory.report.spans import visible


def environment(*packages: str) -> jinja2.Environment:
    """Templates of `packages` and of the report: escaped, and what cannot be seen spelled out."""
    made = jinja2.Environment(
        loader=jinja2.ChoiceLoader(
            [jinja2.PackageLoader(name) for name in (*packages, "cotfactory.report")]
        ),
        autoescape=True,
        finalize=_shown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["thousands"] = "{:,}".format
    made.filters["percent"] = "{:.1%}".format
    return made


def _shown(value: object) -> object:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
