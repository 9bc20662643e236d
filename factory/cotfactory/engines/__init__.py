"""Engines by name. A new one is one file and one line here, or an entry point of another package."""

import difflib
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from pydantic import ValidationError

from cotfactory.engines.base import Completion, Engine, EngineError, EngineLost, Request
from cotfactory.errors import UsageError
from cotfactory_schemas import Plugin, Settings, Teacher

__all__ = [
    "ENGINES",
    "Completion",
    "Engine",
    "EngineError",
    "EngineLost",
    "Request",
    "kinds",
    "make_engine",
    "settings_for",
]

ENTRY_POINTS = "cotfactory.engines"
ENGINES = {
    "embedded": "cotfactory.engines.embedded:EmbeddedEngine",
    "openai": "cotfactory.engines.openai:OpenAIEngine",
    "replay": "cotfactory.engines.replay:ReplayEngine",
    "vllm": "cotfactory.engines.vllm:VllmEngine",
}


def kinds() -> dict[str, str]:
    """Returns `module:Class` by engine kind; what other packages register cannot replace ours."""
    return {found.name: found.value for found in entry_points(group=ENTRY_POINTS)} | ENGINES


def _engine_class(kind: str) -> Any:  # noqa: ANN401 - a class with settings_model and Engine's calls
    known = kinds()
    if kind not in known:
        close = difflib.get_close_matches(kind, known, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise UsageError(
            f"engine.kind: no engine {kind!r}.{hint} Known: {', '.join(sorted(known))}"
        )
    module, _, name = known[kind].partition(":")
    return getattr(import_module(module), name)


def settings_for(kind: str) -> type[Settings]:
    """Returns the settings model of an engine kind.

    Raises:
        UsageError: there is no such engine.
    """
    model: type[Settings] = _engine_class(kind).settings_model
    return model


def make_engine(plugin: Plugin, teacher: Teacher) -> Engine:
    """Returns the engine of a recipe's `engine` section, not yet started.

    Raises:
        UsageError: there is no such engine, or a setting does not fit it.
    """
    engine = _engine_class(plugin.kind)
    try:
        settings = engine.settings_model.model_validate(plugin.options)
    except ValidationError as error:
        raise UsageError(_first_fault(error, engine.settings_model)) from None
    made: Engine = engine(settings, teacher)
    return made


def _first_fault(error: ValidationError, model: type[Settings]) -> str:
    fault = error.errors()[0]
    where = ".".join(["engine", *(str(part) for part in fault["loc"])])
    if fault["type"] != "extra_forbidden":
        return f"{where}: {fault['msg']} (is: {fault['input']!r})"
    close = difflib.get_close_matches(str(fault["loc"][-1]), model.model_fields, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else f" Known: {', '.join(model.model_fields)}"
    return f"{where}: unknown setting.{hint}"
