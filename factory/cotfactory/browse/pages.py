"""The pages, from the path and the query of a request to HTML."""

from collections.abc import Mapping
from urllib.parse import urlencode

from cotfactory.browse.queries import Looker
from cotfactory.report import samples
from cotfactory.report.pages import environment
from cotfactory.store.run import Run

LAST_PAGE = 1_000_000
TRACE_FILTERS = ("domain", "language", "source", "model", "finish", "status", "rule")
ROW_FILTERS = ("split", "part", "origin", "domain", "rule")


class Pages:
    """Renders the pages of one run. `base` is the path that they all stand under."""

    def __init__(self, run: Run, base: str) -> None:
        self._run = run
        self._base = base
        self._look = Looker(run)
        self._templates = environment("cotfactory.browse")
        self._lists = {"": self._overview, "traces": self._traces, "rows": self._rows}

    def render(self, path: str, query: Mapping[str, str]) -> str | None:
        """Returns the page at `path`, None where there is none."""
        match path.strip("/").split("/"):
            case [name] if name in self._lists:
                return self._lists[name](query)
            case ["trace", trace_id]:
                return self._trace(trace_id)
            case ["row", split, trace_id]:
                return self._row(split, trace_id)
        return None

    def close(self) -> None:
        """Ends the reading of the run."""
        self._look.close()

    def style(self) -> str:
        """The style sheet of all pages."""
        return self._templates.get_template("page.css").render()

    def _show(self, template: str, **values: object) -> str:
        return self._templates.get_template(template).render(
            name=self._run.recipe.publish.title or self._run.recipe.name, url=self._url, **values
        )

    def _url(self, *path: str, **query: object) -> str:
        asked = {key: value for key, value in query.items() if value not in {"", None}}
        return self._base + "/".join(path) + (f"?{urlencode(asked)}" if asked else "")

    def _overview(self, _query: Mapping[str, str]) -> str:
        return self._show("overview.html.jinja", facts=self._look.facts())

    def _traces(self, query: Mapping[str, str]) -> str:
        wanted = {name: query.get(name, "") for name in (*TRACE_FILTERS, "kept", "problem")}
        wanted["search"] = query.get("search", "")
        page = self._look.traces(wanted, _number(query))
        return self._show(
            "traces.html.jinja",
            page=page,
            wanted=wanted,
            filters=TRACE_FILTERS,
            choices=self._look.choices(),
        )

    def _rows(self, query: Mapping[str, str]) -> str:
        wanted = {name: query.get(name, "") for name in (*ROW_FILTERS, "problem", "search")}
        page = self._look.split_rows(wanted, _number(query))
        return self._show(
            "rows.html.jinja",
            page=page,
            wanted=wanted,
            filters=ROW_FILTERS,
            choices=self._look.choices(),
        )

    def _trace(self, trace_id: str) -> str | None:
        found = self._look.trace(trace_id)
        return self._show("trace.html.jinja", **found) if found else None

    def _row(self, split: str, trace_id: str) -> str | None:
        row = self._look.row(split, trace_id)
        if row is None:
            return None
        pair = self._look.row("shortcut", row["pair_id"]) if row["pair_id"] else None
        shown = [samples.whole(found) for found in (row, pair) if found]
        return self._show("row.html.jinja", shown=shown)


def _number(query: Mapping[str, str]) -> int:
    text = query.get("page", "1")
    return min(int(text), LAST_PAGE) if text.isascii() and text.isdigit() and int(text) else 1
