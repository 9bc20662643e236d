"""Hostile traces in a real browser: nothing runs, nothing is fetched, all of it can be read."""

import re
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cotfactory.browse.server import Server
from cotfactory.report import write_report
from cotfactory.store.run import Run
from cotfactory_schemas import Message, Span, tables
from finished_run import (
    annotate,
    decision,
    problem,
    recipe,
    split_row,
    trace,
    verdict,
    write_rows,
    write_splits,
)
from headless import MARK, hostile, listener, needs_browser, rendered

pytestmark = needs_browser


def hostile_run(path: Path, text: str) -> Run:
    """A run in which every text that others wrote is `text`."""
    asked = problem(text, source=text, licence=text, reference=text, source_id=text)
    told = [trace(asked, i, text, response=text, error=text, source_id=text) for i in range(2)]
    settings = recipe(description=text, publish={"title": text})
    with Run.open(path, settings) as run:
        run.append([asked])
        run.append(told)
        run.append([verdict(t, extracted=text, detail=text, method=text) for t in told])
    annotate(path, "language", {"trace_id": [t.trace_id for t in told], "languages": [[text]] * 2})
    decided = [
        decision(t, kept=i == 0, rules=[text] * i, values={text: text}) for i, t in enumerate(told)
    ]
    write_rows(path / "decisions" / "part-000001.parquet", decided, tables.DECISIONS)
    said = [*asked.messages, Message(role="assistant", content=text)]
    spans = (Span(start=0, end=len(text) // 2, role="wrong_attempt", status="incorrect"),)
    row = split_row("shortcut", asked, told[0], messages=said, model=text)
    rows = [
        row,
        row.model_copy(update={"split": "journey", "pair_id": row.trace_id, "spans": spans}),
        split_row("rejected", asked, told[1], messages=said, rules=[text]),
    ]
    write_splits(path, rows)
    return Run.read(path)


class Elements(HTMLParser):
    """The elements that the browser made, and their attributes' names."""

    def __init__(self, dom: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()
        self.feed(dom.split("<body", 1)[1])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value or "" for name, value in attrs if name in {"href", "action", "src"}}


def assert_harmless(dom: str, heard: list[str]) -> None:
    """Nothing ran, nothing was fetched, and no element came out of a text."""
    assert heard == []
    assert f'id="{MARK}"' not in dom
    assert f"<title>{MARK}</title>" not in dom
    made = Elements(dom)
    assert made.tags.isdisjoint({"script", "img", "iframe", "object", "embed", "meta", "link"})
    assert not [name for name in made.attributes if name.startswith("on")]
    assert all(link.startswith(("/", "#")) for link in made.links)
    assert "{{ 7 * 7 }}" in dom


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "browser"


def test_the_browser_would_run_it_and_we_would_hear(tmp_path: Path, home: Path) -> None:
    with listener() as (leak, heard):
        page = tmp_path / "naive.html"
        page.write_text(f"<body><div>{hostile(leak)}</div>".replace("http-equiv=refresh", ""))
        dom = rendered(page.as_uri(), home)
    assert f"<title>{MARK}</title>" in dom or f'id="{MARK}"' in dom
    assert {"/script", "/image", "/frame"} <= set(heard)


def test_a_report_of_hostile_traces_is_harmless(tmp_path: Path, home: Path) -> None:
    with listener() as (leak, heard):
        report = write_report(hostile_run(tmp_path / "run", hostile(leak)))
        dom = rendered(report.as_uri(), home)
        assert_harmless(dom, heard)
    assert "onmouseover" in dom
    assert "⟦U+202E⟧gnp.exe" in dom


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Server, list[str]]]:
    with (
        listener() as (leak, heard),
        Server(hostile_run(tmp_path / "run", hostile(leak))) as started,
    ):
        threading.Thread(target=started.serve_forever, args=(0.05,), daemon=True).start()
        yield started, heard
        started.shutdown()


def test_browsing_hostile_traces_is_harmless(server: tuple[Server, list[str]], home: Path) -> None:
    serving, heard = server
    overview = rendered(serving.url, home)
    assert_harmless(overview, heard)
    links = {"traces": "trace/", "rows?split=journey": "row/"}
    for page, inner in links.items():
        listed = rendered(serving.url + page, home)
        assert_harmless(listed, heard)
        path = re.search(rf'href="(/[^"]+/{inner}[^"]+)"', listed)
        assert path is not None
        shown = rendered(serving.url.removesuffix(serving.base) + path[1], home)
        assert_harmless(shown, heard)
        assert "⟦U+202E⟧gnp.exe" in shown


def test_filters_with_hostile_values_lead_to_their_traces(
    server: tuple[Server, list[str]], home: Path
) -> None:
    serving, heard = server
    overview = rendered(serving.url, home)
    rule = re.search(r'href="(/[^"]+/traces\?rule=[^"]+)"', overview)
    assert rule is None or "script" in rule[1]
    listed = rendered(f"{serving.url}traces?search=%3Cscript%3E", home)
    assert_harmless(listed, heard)
    assert len(re.findall(r'href="/[^"]+/trace/', listed)) == 2
    assert 'value="&lt;script&gt;"' in listed or 'value="<script>"' in listed
