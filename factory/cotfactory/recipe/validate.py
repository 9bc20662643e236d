"""Makes a Recipe of a document; every fault names its place, its value and the mend."""

import reprlib
import types
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from cotfactory import engines, sources
from cotfactory.errors import UsageError
from cotfactory.recipe import agreement
from cotfactory.recipe.document import Document, Location
from cotfactory_filters import rules
from cotfactory_filters.annotate.registry import REGISTRY as ANNOTATORS
from cotfactory_filters.verify.registry import REGISTRY as VERIFIERS
from cotfactory_schemas import Plugin, Recipe
from cotfactory_schemas.recipe import JudgeSettings
from cotfactory_schemas.registry import Registry, UnknownPluginError, did_you_mean

M = TypeVar("M", bound=BaseModel)
KEY = "[key]"  # how pydantic says that the key of a mapping is meant, and not its value
Options = Mapping[str, Mapping[str, Any] | None]


def recipe(document: Document, *, generating: bool = False) -> Recipe:
    """Validates a document and writes every default out, those of plugins too.

    One that is for `generating` has to have all that it takes.

    Raises:
        UsageError: what is wrong, a line for each fault.
    """
    made = _checked(Recipe, _with_shipped_rules(document.values), (), document)
    _check_rules(made, document)
    agreement.check(made, document, generating=generating)
    every: dict[str, dict[str, Any] | None] = {name: {} for name in ANNOTATORS.shipped}
    problems = [
        _plugin(sources.REGISTRY, source, ("problems", index), document)
        for index, source in enumerate(made.problems)
    ]
    changes = {
        "problems": tuple(problems),
        "engine": _plugin(engines.REGISTRY, made.engine, ("engine",), document),
        "verify": made.verify.model_copy(
            update={
                "judge": _judge(made.verify.judge, document),
                "verifiers": _options(
                    VERIFIERS, made.verify.verifiers, ("verify", "verifiers"), document
                ),
            }
        ),
        "filter": made.filter.model_copy(
            update={
                "annotators": _options(
                    ANNOTATORS, every | made.filter.annotators, ("filter", "annotators"), document
                )
            }
        ),
    }
    return made.model_copy(update=changes)


def _with_shipped_rules(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Lays the document's rules over the shipped ones, setting by setting."""
    section = values.get("filter") or {}
    given = section.get("rules") or {} if isinstance(section, Mapping) else None
    if not isinstance(given, Mapping):
        return values  # validation says what is wrong with it
    shipped = {name: rule.model_dump() for name, rule in rules.DEFAULTS.items()}
    laid = {
        name: {**shipped.get(name, {}), **rule} if isinstance(rule, Mapping) else rule
        for name, rule in given.items()
    }
    return {**values, "filter": {**section, "rules": shipped | laid}}


def _check_rules(made: Recipe, document: Document) -> None:
    try:
        rules.merge(rules.DEFAULTS, made.filter.rules)
    except ValueError as error:
        raise UsageError(f"{document.place(('filter', 'rules'))}: {error}") from None


def _judge(judge: JudgeSettings | None, document: Document) -> JudgeSettings | None:
    if judge is None:
        return None
    at = ("verify", "judge", "engine")
    return judge.model_copy(
        update={"engine": _plugin(engines.REGISTRY, judge.engine, at, document)}
    )


def _plugin(registry: Registry, plugin: Plugin, at: Location, document: Document) -> Plugin:
    settings = _settings(registry, plugin.kind, plugin.options, at, document)
    return Plugin.model_validate({"kind": plugin.kind, **settings})


def _options(
    registry: Registry, given: Options, at: Location, document: Document
) -> dict[str, dict[str, Any] | None]:
    return {
        name: None if options is None else _settings(registry, name, options, (*at, name), document)
        for name, options in given.items()
    }


def _settings(
    registry: Registry, name: str, options: Mapping[str, Any], at: Location, document: Document
) -> dict[str, Any]:
    try:
        model: type[BaseModel] = registry.load(name).settings_model
    except UnknownPluginError as error:
        raise UsageError(f"{document.place(at)}: {_dotted(at)}: {error}") from None
    return _checked(model, options, at, document).model_dump(mode="json")


def _checked(model: type[M], values: Mapping[str, Any], at: Location, document: Document) -> M:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False)
        lines = [_explain(model, dict(fault), at, document) for fault in faults]
        raise UsageError("\n".join(lines)) from None


def _explain(
    model: type[BaseModel], fault: Mapping[str, Any], at: Location, document: Document
) -> str:
    location = (*at, *(key for key in fault["loc"] if key != KEY))
    start = f"{document.place(location)}: {_dotted(location)}"
    if fault["type"] == "extra_forbidden":
        name = str(fault["loc"][-1])
        return f"{start}: unknown setting.{did_you_mean(name, _names_at(model, fault['loc'][:-1]))}"
    if fault["type"] == "missing":
        return f"{start}: is missing. Add it."
    says = fault["msg"].removeprefix("Value error, ")
    return f"{start}: {says} (is {reprlib.repr(fault['input'])})"


def _names_at(annotation: Any, location: Iterable[str | int]) -> list[str]:  # noqa: ANN401
    for key in location:
        annotation = _step(annotation, key)
    model = _model_in(annotation)
    return list(model.model_fields) if model else []


def _step(annotation: Any, key: str | int) -> Any:  # noqa: ANN401
    model = _model_in(annotation)
    if model and key in model.model_fields:
        return model.model_fields[str(key)].annotation
    return annotation


def _model_in(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Union, types.UnionType, tuple, dict, list):
        return next(filter(None, map(_model_in, get_args(annotation))), None)
    return None


def _dotted(location: Location) -> str:
    return ".".join(map(str, location))
