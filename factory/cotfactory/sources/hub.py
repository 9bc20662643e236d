"""Problems from datasets on the Hub, or in any folder or format that `datasets` loads."""

from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import ClassVar

from cotfactory.errors import UsageError
from cotfactory.sources import fields
from cotfactory.sources.base import RowFault
from cotfactory.sources.files import RowSettings
from cotfactory_schemas import Problem, Settings


class HubSettings(RowSettings):
    """What `datasets.load_dataset` loads; rows are streamed, not downloaded first."""

    dataset: str
    config: str | None = None
    split: str = "train"
    revision: str | None = None


class Hub:
    """Streams rows of one split of a Hub dataset."""

    settings_model: ClassVar[type[Settings]] = HubSettings

    def __init__(self, settings: HubSettings) -> None:
        self.settings = settings

    def problems(self) -> Iterator[Problem | RowFault]:
        """Yields a problem, or what is wrong with it, for each row."""
        import datasets  # noqa: PLC0415 - heavy

        wanted = self.settings
        try:
            stream = datasets.load_dataset(
                wanted.dataset,
                wanted.config,
                split=wanted.split,
                revision=wanted.revision,
                streaming=True,
            )
        except (OSError, ValueError) as error:
            raise UsageError(f"dataset {wanted.dataset!r} cannot be loaded: {error}") from None
        finder, defaults = wanted.finder(), wanted.defaults(wanted.dataset)
        for number, row in enumerate(islice(stream, wanted.size), start=1):
            yield fields.attempt(
                f"{wanted.dataset}:{number}",
                finder.option,
                partial(fields.problem, row, finder, defaults),
            )
