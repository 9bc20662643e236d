"""A real browser without a screen, and a listener that hears whatever a page fetches."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

BROWSER = next(
    (
        found
        for name in ("chromium", "chromium-browser", "google-chrome", "chrome")
        if (found := shutil.which(name))
    ),
    None,
)
needs_browser = pytest.mark.skipif(
    BROWSER is None, reason="no Chromium here: apt-get install chromium"
)
MARK = "pwned"


def hostile(leak: str) -> str:
    """Text that takes over a page that does not escape it, and tells `leak` about it."""
    script = f"document.body.id='{MARK}';document.title='{MARK}';new Image().src='{leak}/script'"
    return "\n".join(
        [
            f"</div></pre></style></title></textarea></td><script>{script}</script>",
            f'<img src=\'{leak}/image\' onerror="{script}"><svg onload="{script}"></svg>',
            f"<link rel=stylesheet href='{leak}/style'><style>@import '{leak}/import';</style>",
            f"<iframe src='{leak}/frame'></iframe><object data='{leak}/object'></object>",
            f"<meta http-equiv=refresh content='0;url={leak}/refresh'>",
            f'" onmouseover="{script}" autofocus onfocus="{script}" x="',
            f"' style='background:url({leak}/attribute)' x='",
            "<a href=\"javascript:document.title='pwned'\">click</a> <!-- --> ]]> {{ 7 * 7 }}",
            "\x00\x08\x1b[31m \u202egnp.exe\u202c \u200b \ufeff &lt;b&gt; &#60;script&#62;",
        ]
    )


@contextmanager
def listener() -> Iterator[tuple[str, list[str]]]:
    """An address on the loopback, and the paths that were asked of it."""
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing to say."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", heard
    finally:
        server.shutdown()
        server.server_close()


def rendered(url: str, home: Path, *options: str) -> str:
    """The page's DOM after its scripts, if any, have run."""
    return _chromium(url, home, "--dump-dom", *options)


def picture(url: str, home: Path, to: Path, width: int = 390, height: int = 1600) -> None:
    """Saves what a person would see."""
    _chromium(url, home, f"--screenshot={to}", f"--window-size={width},{height}")


def _chromium(url: str, home: Path, *options: str) -> str:
    assert BROWSER is not None
    quiet = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"]
    quiet += ["--disable-background-networking", "--virtual-time-budget=2000"]
    return subprocess.run(
        [BROWSER, *quiet, f"--user-data-dir={home}", *options, url],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    ).stdout
