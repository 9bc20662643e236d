import http.client
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cotfactory.browse.queries import PAGE_ROWS
from cotfactory.browse.server import Server, browse
from cotfactory.errors import UsageError
from cotfactory.store.run import Run
from finished_run import TURN, finished_run, problem, recipe, trace, verdict


@contextmanager
def serving(run: Run) -> Iterator[Server]:
    with Server(run) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(finished_run(tmp_path_factory.mktemp("browse") / "run")) as started:
        yield started


def ask(server: Server, path: str, **request: str) -> tuple[int, str, dict[str, str]]:
    """Asks as a browser would; `host` and `method` may be given."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    headers = {"Host": request.get("host", f"127.0.0.1:{server.server_port}")}
    whole = path if path.startswith("/") else server.base + path
    connection.request(request.get("method", "GET"), whole, headers=headers)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body, dict(answer.getheaders())


def page(server: Server, path: str) -> str:
    status, body, _ = ask(server, path)
    assert status == 200, body
    return body


def links(body: str, kind: str) -> list[str]:
    return re.findall(rf'href="/[^"/]+/({kind}[/?][^"]+)"', body)


def test_every_link_of_every_page_leads_somewhere(server: Server) -> None:
    seen: set[str] = set()
    todo = {""}
    while todo:
        path = todo.pop()
        seen.add(path)
        found = re.findall(r'href="/[^"/]+/([^"]*)"', page(server, path))
        todo |= {link.replace("&amp;", "&") for link in found} - seen
    assert len(seen) > 20


def test_traces_are_filtered_by_verdict_rule_decision_and_words(server: Server) -> None:
    assert len(links(page(server, "traces"), "trace")) == 8
    assert len(links(page(server, "traces?status=incorrect"), "trace")) == 4
    assert len(links(page(server, "traces?rule=not_correct&kept=no"), "trace")) == 4
    assert links(page(server, "traces?rule=not_correct&kept=yes"), "trace") == []
    assert len(links(page(server, "traces?search=2+plus+3+is+6"), "trace")) == 4
    assert links(page(server, "traces?search=%25"), "trace") == []


def test_a_trace_shows_its_verdict_its_reasons_and_what_was_measured(server: Server) -> None:
    path = links(page(server, "traces?status=incorrect"), "trace")[0]
    body = page(server, path)
    for word in ("incorrect", "not_correct", "status = incorrect", "length_characters", "exact"):
        assert word in body


def test_a_journey_stands_beside_its_shortcut_with_its_spans(server: Server) -> None:
    path = links(page(server, "rows?split=journey"), "row")[0]
    body = page(server, path)
    assert f'<span class="reflection" title="reflection">{TURN}</span>' in body
    assert 'title="wrong attempt: incorrect"' in body
    assert "<h2>shortcut</h2>" in body


def test_long_lists_have_pages(tmp_path: Path) -> None:
    asked = problem()
    with Run.open(tmp_path / "run", recipe()) as run:
        run.append([asked])
        run.append([trace(asked, i) for i in range(2 * PAGE_ROWS + 1)])
        run.append([verdict(trace(asked, 0))])
    with serving(Run.read(tmp_path / "run")) as server:
        found: list[str] = []
        path = "traces"
        while path:
            body = page(server, path)
            found += links(body, "trace")
            more = re.search(r'rel="next" href="/[^"/]+/([^"]+)"', body)
            path = more[1].replace("&amp;", "&") if more else ""
    assert len(found) == len(set(found)) == 2 * PAGE_ROWS + 1


def test_a_run_that_grows_shows_what_is_new(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "run")
    with serving(run) as server:
        assert len(links(page(server, "traces"), "trace")) == 8
        with Run.open(run.path) as writer:
            writer.append([trace(problem(), 9)])
        assert len(links(page(server, "traces"), "trace")) == 9


@pytest.mark.parametrize(
    "path", ["trace/nothing", "row/journey/x", "row/..%2f..%2f/x", "nothing", "%00", "../../etc"]
)
def test_what_is_not_there_is_not_found(server: Server, path: str) -> None:
    assert ask(server, path)[0] == 404


@pytest.mark.parametrize("number", ["0", "-1", "x", "9" * 30, "1;DROP", "²"])
def test_odd_page_numbers_are_harmless(server: Server, number: str) -> None:
    assert ask(server, f"traces?page={number.encode().hex()}")[0] == 200
    assert ask(server, f"traces?page={number.replace('²', '%C2%B2')}")[0] == 200


@pytest.mark.parametrize("value", ["' OR 1=1 --", "x') UNION SELECT 1", "\\", "$1", "%", "\x00"])
def test_filters_are_values_and_never_sql(server: Server, value: str) -> None:
    quoted = "".join(f"%{byte:02x}" for byte in value.encode())
    for name in ("search", "status", "rule", "problem", "domain"):
        assert links(page(server, f"traces?{name}={quoted}"), "trace") == []


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "evil.example:80", "", "[::1]:1"])
def test_a_name_that_was_rebound_to_this_machine_gets_nothing(server: Server, host: str) -> None:
    status, body, _ = ask(server, "", host=host)
    assert status == 403
    assert "small" not in body.lower()


def test_the_key_in_the_address_is_needed(server: Server) -> None:
    assert ask(server, "/")[0] == 404
    assert ask(server, "/traces")[0] == 404
    assert len(server.base) > 16


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_can_be_changed(server: Server, method: str) -> None:
    assert ask(server, "", method=method)[0] == 501


def test_every_answer_forbids_scripts_frames_and_sniffing(server: Server) -> None:
    for path in ("", "traces", "nothing", "page.css", "/"):
        headers = ask(server, path)[2]
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"


def test_it_listens_on_the_loopback_alone(server: Server) -> None:
    assert server.server_address[0] == "127.0.0.1"
    assert urlsplit(server.url).hostname == "127.0.0.1"


def test_a_port_that_is_taken_is_said(server: Server, tmp_path: Path) -> None:
    run = finished_run(tmp_path / "run")
    with pytest.raises(UsageError, match=f"--port {server.server_port}: "):
        browse(run, server.server_port)
