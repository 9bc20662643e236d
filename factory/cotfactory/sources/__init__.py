"""Sources of problems by name. A new one is one file and one line here, or an entry point."""

from collections.abc import Iterator

from cotfactory.errors import UsageError
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


FAULTS_SHOWN = 3


def problems(plugins: tuple[Plugin, ...]) -> Iterator[Problem | RowFault]:
    """Yields the problems of all entries, each problem once, and the rows that made none.

    Raises:
        UsageError: a source cannot be read, or no row at all makes a problem.
    """
    seen = IdSet()
    faults, first_faults, found_any = 0, [], False
    for plugin in plugins:
        for found in make_source(plugin).problems():
            if isinstance(found, RowFault):
                faults += 1
                first_faults += [found] if faults <= FAULTS_SHOWN else []
                yield found
            elif seen.add(found.problem_id):
                found_any = True
                yield found
    if faults and not found_any:
        shown = "\n".join(f"  {fault}" for fault in first_faults)
        raise UsageError(f"none of {faults} rows makes a problem. The first of them:\n{shown}")
