"""Sources of problems by name. A new one is one file and one line here, or an entry point."""

from collections.abc import Iterator

from cotfactory.sources.base import ProblemSource, RowFault
from cotfactory.store.known import IdSet
from cotfactory_schemas import Plugin, Problem
from cotfactory_schemas.registry import Registry

__all__ = ["REGISTRY", "ProblemSource", "RowFault", "make_source", "problems"]

REGISTRY = Registry(
    "source of problems",
    "cotfactory.sources",
    {
        "files": "cotfactory.sources.files:Files",
        "general": "cotfactory.sources.general:General",
        "hub": "cotfactory.sources.hub:Hub",
        "reasoning_gym": "cotfactory.sources.reasoning_gym:ReasoningGym",
    },
)


def make_source(plugin: Plugin) -> ProblemSource:
    """Returns the source of one entry of a recipe's `problems`."""
    source = REGISTRY.load(plugin.kind)
    made: ProblemSource = source(source.settings_model.model_validate(plugin.options))
    return made


def problems(plugins: tuple[Plugin, ...]) -> Iterator[Problem | RowFault]:
    """Yields the problems of all entries, each problem once, and the rows that made none."""
    seen = IdSet()
    for plugin in plugins:
        for problem in make_source(plugin).problems():
            if isinstance(problem, RowFault) or seen.add(problem.problem_id):
                yield problem
