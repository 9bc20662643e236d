"""Train or test, by problem: neither a problem nor a near-duplicate of it has rows in both."""

from cotfactory_schemas.ids import content_id
from cotfactory_schemas.split import Part

_HASH_RANGE = 1 << 128


def part_of(problem_id: str, test_fraction: float, seed: int) -> Part:
    """Returns the part of a problem; it depends on nothing but the arguments.

    Near-duplicates stay together when they are asked for by one id, that of their group.

    Raising `test_fraction` moves problems from train to test only, never back.
    """
    place = int(content_id("part", seed, problem_id), 16) / _HASH_RANGE
    return "test" if place < test_fraction else "train"
