"""Engines by name. A new one is one file and one line here, or an outside entry point."""

from pydantic import ValidationError

from cotfactory.engines.base import Completion, Engine, EngineError, EngineLost, Request
from cotfactory.errors import UsageError
from cotfactory_schemas import Plugin, Settings, Teacher
from cotfactory_schemas.registry import Registry, UnknownPluginError, did_you_mean

__all__ = [
    "REGISTRY",
    "Completion",
    "Engine",
    "EngineError",
    "EngineLost",
    "Request",
    "make_engine",
]

REGISTRY = Registry(
    "engine",
    "cotfactory.engines",
    {
        "embedded": "cotfactory.engines.embedded:EmbeddedEngine",
        "openai": "cotfactory.engines.openai:OpenAIEngine",
        "ray": "cotfactory.engines.ray:RayEngine",
        "replay": "cotfactory.engines.replay:ReplayEngine",
        "vllm": "cotfactory.engines.vllm:VllmEngine",
    },
)


def make_engine(plugin: Plugin, teacher: Teacher) -> Engine:
    """Returns the engine of a recipe's `engine` section, not yet started.

    Raises:
        UsageError: there is no such engine, or a setting does not fit it.
    """
    try:
        engine = REGISTRY.load(plugin.kind)
    except UnknownPluginError as error:
        raise UsageError(f"engine.kind: {error}") from None
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
        return f"{where}: {fault['msg'].removeprefix('Value error, ')} (is: {fault['input']!r})"
    return f"{where}: unknown setting.{did_you_mean(str(fault['loc'][-1]), model.model_fields)}"
