"""Settings of a recipe that have to agree with each other, or with the plugins that there are."""

from collections.abc import Iterator
from itertools import pairwise

from cotfactory.errors import UsageError
from cotfactory.recipe.document import Document, Location
from cotfactory.sources.fields import known_verifier
from cotfactory_schemas import Recipe

Fault = tuple[Location, str]

GENERATING = ("teacher", "problems")


def check(recipe: Recipe, document: Document, *, generating: bool) -> None:
    """Looks at what no setting tells by itself; a recipe that is `generating` lacks nothing for it.

    Raises:
        UsageError: what does not agree, a line for each fault.
    """
    faults = [*_samples(recipe), *_limits(recipe), *_majority(recipe)]
    if generating:
        faults += _missing(recipe)
    if faults:
        lines = (f"{document.place(at)}: {'.'.join(map(str, at))}: {says}" for at, says in faults)
        raise UsageError("\n".join(lines))


def _samples(recipe: Recipe) -> Iterator[Fault]:
    wanted, most = recipe.generate.wanted_correct, recipe.generate.max_samples
    if wanted > most:
        at = ("generate", "wanted_correct")
        yield at, f"is {wanted}: more than the {most} of max_samples can bring"


def _limits(recipe: Recipe) -> Iterator[Fault]:
    first = recipe.teacher.sampling.max_tokens if recipe.teacher else 0
    for index, (former, limit) in enumerate(pairwise((first, *recipe.generate.continue_truncated))):
        if limit <= former:
            at = ("generate", "continue_truncated", index)
            yield at, f"is {limit}, but limits rise from teacher.sampling.max_tokens on ({former})"


def _majority(recipe: Recipe) -> Iterator[Fault]:
    if recipe.verify.majority is not None:
        try:
            known_verifier(recipe.verify.majority.verifier)
        except ValueError as error:
            yield ("verify", "majority", "verifier"), str(error)


def _missing(recipe: Recipe) -> Iterator[Fault]:
    for section in GENERATING:
        if not getattr(recipe, section):
            yield (section,), "is missing. Add it: generating needs a teacher and problems"
