"""What a source of problems is."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Protocol

from cotfactory_schemas import Problem, Settings


@dataclass(frozen=True)
class RowFault:
    """A row that makes no problem or trace: where it stands, what is wrong, and the mend."""

    place: str
    message: str

    def __str__(self) -> str:
        """The fault as one line for people."""
        return f"{self.place}: {self.message}"


class ProblemSource(Protocol):
    """Yields problems, in a stable order, holding no more than a batch of them."""

    settings_model: ClassVar[type[Settings]]

    def problems(self) -> Iterator[Problem | RowFault]:
        """Yields a problem, or what is wrong with it, for each row.

        Raises:
            UsageError: the source cannot be read at all.
        """
        ...
