"""`cotfactory browse`: serves the pages to this machine's browser alone."""

import logging
import secrets
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

from cotfactory.browse.pages import Pages
from cotfactory.errors import CotfactoryError, UsageError
from cotfactory.store.run import Run

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
KEY_BYTES = 12
MAX_QUERY_CHARACTERS = 4096
HEADERS = {
    # No script runs, nothing is fetched from elsewhere, no other page may frame or read this one.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Server(ThreadingHTTPServer):
    """Serves one run on the loopback. Its address holds a key that other users do not know."""

    daemon_threads = True

    def __init__(self, run: Run, port: int = 0) -> None:
        self.base = f"/{secrets.token_urlsafe(KEY_BYTES)}/"
        self.pages = Pages(run, self.base)
        super().__init__((LOOPBACK, port), _Handler)

    def server_close(self) -> None:
        """Closes the socket and the run."""
        super().server_close()
        self.pages.close()

    @property
    def url(self) -> str:
        """The address to open."""
        return f"http://{LOOPBACK}:{self.server_port}{self.base}"

    @property
    def hosts(self) -> set[str]:
        """What a browser that means us says; a name that was rebound to us is not among them."""
        return {f"{name}:{self.server_port}" for name in (LOOPBACK, "localhost")}


def browse(run: Run, port: int = 0, ready: Callable[[str], None] = lambda _url: None) -> None:
    """Serves the run until interrupted; `ready` is called with the address. Port 0 takes any.

    Raises:
        UsageError: the port is taken or not ours to take.
    """
    try:
        server = Server(run, port)
    except OSError as error:
        raise UsageError(f"--port {port}: {error.strerror}. Use another, or none.") from error
    with server:
        ready(server.url)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            log.info("stopped")


class _Handler(BaseHTTPRequestHandler):
    server: Server
    timeout = 60
    server_version, sys_version = "cotfactory", ""

    def do_GET(self) -> None:
        """Answers one request."""
        if self.headers.get("Host", "") not in self.server.hosts:
            self._send(HTTPStatus.FORBIDDEN, "Open the address that cotfactory browse printed.")
            return
        url = urlsplit(self.path)
        if not url.path.startswith(self.server.base) or len(url.query) > MAX_QUERY_CHARACTERS:
            self._send(HTTPStatus.NOT_FOUND, "Not found.")
            return
        path = unquote(url.path.removeprefix(self.server.base))
        if path == "page.css":
            self._send(HTTPStatus.OK, self.server.pages.style(), "text/css")
            return
        try:
            page = self.server.pages.render(path, dict(parse_qsl(url.query)))
        except CotfactoryError as error:
            self._send(HTTPStatus.INTERNAL_SERVER_ERROR, str(error))
            return
        if page is None:
            self._send(HTTPStatus.NOT_FOUND, "Not found.")
        else:
            self._send(HTTPStatus.OK, page, "text/html")

    do_HEAD = do_GET  # noqa: N815 - the library's name

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Requests hold the key and search words: only for those who ask for debug logs."""
        log.debug(format, *args)

    def _send(self, status: HTTPStatus, text: str, kind: str = "text/plain") -> None:
        body = text.encode("utf-8", "replace")
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
