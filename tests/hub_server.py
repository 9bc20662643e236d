"""A Hub on the loopback that the real clients talk to, with faults when a test wants them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import urlsplit

from hub_api import READ_TOKEN, WRITE_TOKEN, Answer, HubApi, Refusal, Request

__all__ = ["READ_TOKEN", "WRITE_TOKEN", "Fault", "Hub", "running_hub"]

# busy, limited: an error instead of an answer. cut: the connection ends before anything is done.
# lost: all is done, and the connection ends before the answer.
Fault = Literal["busy", "limited", "cut", "lost"]
FaultPlan = Callable[[str, str], Fault | None]


class Hub(HubApi):
    """A Hub, what was asked of it, and what goes wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[tuple[str, str]] = []
        self.tokens_on_second_host: list[str] = []
        self.fault: FaultPlan = lambda _method, _path: None


_FAULT_STATUS: dict[Fault, int] = {"busy": 503, "limited": 429}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub
    second = False

    def handle_any(self) -> None:
        hub = self.hub
        request = Request(self.command, self.path, self.headers, self._read_body())
        path = urlsplit(self.path).path
        hub.requests.append((self.command, path))
        if self.second and self.headers.get("Authorization"):
            hub.tokens_on_second_host.append(self.path)
        fault = hub.fault(self.command, path)
        if fault == "cut":
            self.close_connection = True
            return
        if fault in _FAULT_STATUS:
            self._send(Answer.json({"error": "try later"}, _FAULT_STATUS[fault]))
            return
        try:
            answer = hub.answer(request)
        except Refusal as refusal:
            headers = {"X-Error-Code": refusal.code, "X-Error-Message": refusal.body["error"]}
            answer = Answer.json(refusal.body, refusal.status, headers)
        if fault == "lost":
            self.close_connection = True
        else:
            self._send(answer)

    do_GET = do_HEAD = do_POST = do_PUT = handle_any  # noqa: N815 - the library's names

    def log_message(self, *_: object) -> None:
        """Tests speak for themselves."""

    def _read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that was killed hangs up; that is what is being tested."""


@contextmanager
def running_hub() -> Iterator[Hub]:
    """A Hub with its second host, on free loopback ports."""
    hub = Hub()
    first = _Server(("127.0.0.1", 0), type("First", (Handler,), {"hub": hub}))
    second = _Server(("127.0.0.1", 0), type("Second", (Handler,), {"hub": hub, "second": True}))
    hub.url = f"http://127.0.0.1:{first.server_port}"
    hub.second_url = f"http://localhost:{second.server_port}"
    for server in (first, second):
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield hub
    finally:
        for server in (first, second):
            server.shutdown()
            server.server_close()
