"""Procedural problems of reasoning-gym, each with its own scorer."""

import warnings
from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import Field

from cotfactory.errors import UsageError
from cotfactory.sources.base import RowFault
from cotfactory_schemas import Domain, Message, Problem, Settings
from cotfactory_schemas.registry import did_you_mean

_DEPEND_ON_SIZE = {"acre"}


class ReasoningGymSettings(Settings):
    """Entries `start` to `start + size` of a dataset made with `config` and `seed`."""

    dataset: str
    config: dict[str, Any] = Field(default_factory=dict)
    seed: int = 0
    start: int = Field(default=0, ge=0)
    size: int = Field(default=100, gt=0)
    domain: Domain = "logic"
    language: str = "en"


class ReasoningGym:
    """Makes entries anew from dataset, config, seed and index; nothing is downloaded."""

    settings_model: ClassVar[type[Settings]] = ReasoningGymSettings

    def __init__(self, settings: ReasoningGymSettings) -> None:
        self.settings = settings

    def problems(self) -> Iterator[Problem | RowFault]:
        """Yields a problem for each entry; its checks name the entry for the `gym` verifier."""
        wanted = self.settings
        end = wanted.start + wanted.size
        entries = self._dataset(end)
        # Entries of these depend on how many are made: the verifier has to make as many.
        sized = {"size": end} if wanted.dataset in _DEPEND_ON_SIZE else {}
        for index in range(wanted.start, end):
            entry = entries[index]
            answer = entry["answer"]
            yield Problem(
                messages=(Message(role="user", content=entry["question"]),),
                domain=wanted.domain,
                language=wanted.language,
                reference=None if answer is None else str(answer),
                verifier="gym",
                checks={
                    "dataset": wanted.dataset,
                    "config": wanted.config | sized,
                    "seed": wanted.seed,
                    "index": index,
                },
                source=f"reasoning-gym/{wanted.dataset}",
                source_id=f"{wanted.seed}-{index}",
                licence="apache-2.0",
            )

    def _dataset(self, size: int) -> Any:  # noqa: ANN401 - reasoning-gym is untyped
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # its modules hold invalid escapes
                import reasoning_gym  # noqa: PLC0415 - heavy, and an extra
                from reasoning_gym.factory import DATASETS  # noqa: PLC0415
        except ImportError:
            raise UsageError(
                "'reasoning-gym' is not installed. Install it with: pip install 'cotfactory[gym]'"
            ) from None
        name = self.settings.dataset
        if name not in DATASETS:
            raise UsageError(
                f"reasoning-gym has no dataset {name!r}.{did_you_mean(name, DATASETS)}"
            )
        try:
            return reasoning_gym.create_dataset(
                name, **{**self.settings.config, "seed": self.settings.seed, "size": size}
            )
        except (TypeError, AssertionError, ValueError) as error:
            raise UsageError(f"reasoning-gym dataset {name!r}: config: {error}") from None
