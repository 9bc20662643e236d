"""`cotfactory doctor`: what this installation can do, found out by trying."""

import importlib.util
import os
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

import typer

_EXTRAS = {
    "xllamacpp": ("embedded", "the embedded engine"),
    "reasoning_gym": ("gym", "procedural problems and their verifier"),
    "openai": ("openai", "engines behind an OpenAI-compatible server"),
    "vllm": ("vllm", "in-process vLLM"),
}


def examine() -> bool:
    """Prints what works and what is missing; returns whether the light install is sound."""
    typer.echo(f"cotfactory {version('cotfactory')}, Python {sys.version.split()[0]}")
    typer.echo(f"cores: {len(os.sched_getaffinity(0))}")
    works = [_check(name, check) for name, check in _CHECKS.items()]
    for module, (extra, what) in _EXTRAS.items():
        if importlib.util.find_spec(module):
            typer.echo(f"  yes  {what} ({module} {_version(module)})")
        else:
            typer.echo(f"  no   {what}. To have it: pip install 'cotfactory[{extra}]'")
    return all(works)


def _check(name: str, check: Callable[[], str]) -> bool:
    try:
        typer.echo(f"  yes  {name}: {check()}")
    except Exception as error:  # noqa: BLE001 - whatever is broken is what is to be shown
        typer.echo(f"  NO   {name}: {type(error).__name__}: {error}")
        return False
    return True


def _version(module: str) -> str:
    try:
        return version(module.replace("_", "-"))
    except PackageNotFoundError:
        return "of unknown version"


def _math() -> str:
    from cotfactory_filters.verify.pairs import verify_pair  # noqa: PLC0415

    verdict = verify_pair("1/2", "\\boxed{\\frac{2}{4}}")
    if verdict.status != "correct":
        raise RuntimeError(f"1/2 against 2/4 is {verdict.status}")
    return f"1/2 = 2/4 in {verdict.seconds * 1000:.1f} ms"


def _language() -> str:
    from cotfactory_filters.language_model import guess  # noqa: PLC0415 - slow to load

    return f"lid.176 finds {guess('Das ist ein ganz gewöhnlicher Satz.').language}"


_CHECKS: dict[str, Callable[[], str]] = {"math verifier": _math, "language": _language}
