"""Samples that the engine refused, kept back until it is clear whether they or it are at fault."""

from cotfactory.errors import CotfactoryError
from cotfactory.generate.samples import Sample
from cotfactory_schemas import Trace

REFUSED_IN_A_ROW = 50  # then only what is in flight can show that the engine answers at all
BLAMED_PROBLEMS = 5  # when so many are refused and nothing was answered, it is not their fault


class Refusals:
    """What was refused since the engine last answered."""

    def __init__(self) -> None:
        self._held: list[tuple[Sample, Trace]] = []

    def add(self, sample: Sample, trace: Trace) -> None:
        """Keeps a refused sample and the record of its failure."""
        self._held.append((sample, trace))

    def take(self) -> list[tuple[Sample, Trace]]:
        """Returns what was kept, and keeps it no more."""
        held, self._held = self._held, []
        return held

    @property
    def too_many(self) -> bool:
        """Whether to ask for nothing more until the engine answers something."""
        return len(self._held) >= REFUSED_IN_A_ROW

    @property
    def many_problems(self) -> bool:
        """Whether so many problems are concerned that they can hardly all be at fault."""
        blamed = {sample.asked.problem.problem_id for sample, _ in self._held}
        return len(blamed) >= BLAMED_PROBLEMS

    def error(self) -> CotfactoryError:
        """What to tell people when the engine is at fault."""
        return CotfactoryError(
            f"the engine refused {len(self._held)} samples in a row, the last with: "
            f"{self._held[-1][1].error}. They will be asked again: mend the recipe or the engine, "
            "then run the same command"
        )
