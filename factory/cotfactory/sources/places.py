"""Files to read: paths on this machine, and URLs of object storage that fsspec opens."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Literal, cast
from urllib.parse import urlsplit

from cotfactory.errors import UsageError


@dataclass(frozen=True)
class Remote:
    """A file at a URL such as s3://bucket/name.parquet, opened like a Path; str() is the URL."""

    url: str

    def __str__(self) -> str:
        return self.url

    @property
    def stem(self) -> str:
        """The file's name without its suffix."""
        return PurePosixPath(urlsplit(self.url).path).stem

    @property
    def suffix(self) -> str:
        """The end of the file's name, such as .jsonl."""
        return PurePosixPath(urlsplit(self.url).path).suffix

    def open(self, mode: Literal["rb"]) -> BinaryIO:
        """Opens the file; what is read is fetched block by block."""
        import fsspec  # noqa: PLC0415 - only where a URL is read

        with reaching(self.url):
            return cast("BinaryIO", fsspec.open(self.url, mode).open())


Place = Path | Remote


def places(patterns: Iterable[str]) -> Iterator[Place]:
    """Yields the files that paths and URLs name, in order; `*` matches in both.

    Raises:
        UsageError: a pattern matches nothing, or its storage cannot be reached.
    """
    for pattern in patterns:
        found = _remote(pattern) if "://" in pattern else _local(pattern)
        if not found:
            raise UsageError(f"{pattern}: no such file")
        yield from found


def _local(pattern: str) -> list[Path]:
    path = Path(pattern)
    relative = str(path.relative_to(path.anchor)) if path.anchor else pattern
    return [path] if path.exists() else sorted(Path(path.anchor).glob(relative))


def _remote(pattern: str) -> list[Remote]:
    if "*" not in pattern:
        return [Remote(pattern)]
    import fsspec  # noqa: PLC0415 - only where a URL is read

    with reaching(pattern):
        system, path = fsspec.core.url_to_fs(pattern)
        return [Remote(system.unstrip_protocol(name)) for name in sorted(system.glob(path))]


@contextmanager
def reaching(url: str) -> Iterator[None]:
    """Turns what a storage's driver raises into one line that names the URL.

    Raises:
        UsageError: the driver is missing, or the storage does not give the file.
    """
    try:
        yield
    except UsageError:
        raise
    except FileNotFoundError:
        raise UsageError(f"{url}: no such file") from None
    except ImportError as error:  # the message names the package
        raise UsageError(f"{url}: a package is missing: {error}") from None
    except Exception as error:  # drivers raise classes of their own
        raise UsageError(
            f"{url}: cannot be read ({type(error).__name__}: {error}). Check the URL and the "
            "credentials that its storage asks for."
        ) from error
