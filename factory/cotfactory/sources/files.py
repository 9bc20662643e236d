"""Problems from JSONL, CSV and Parquet files, here or in object storage."""

from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from cotfactory.sources import fields, rows
from cotfactory.sources.base import RowFault
from cotfactory.sources.places import Place, places
from cotfactory_schemas import Domain, Kind, Message, Problem, Settings, Thought

_SAID = {"domain", "thought", "language", "verifier", "checks", "licence"}
_NO_PROMPT = (Message(role="user", content=""),)


class RowSettings(Settings):
    """How rows become problems.

    `columns` maps our fields (id, prompt, messages, reference, verifier, checks, domain, kind,
    language, licence) to columns; a field that is not mapped is read from a column of its own
    name. The other settings hold for rows that do not say. Columns that are no field are kept in
    `extra`. `size` is the most rows that are read.
    """

    columns: dict[Annotated[str, AfterValidator(fields.known_field)], str] = Field(
        default_factory=dict
    )
    name: str = Field(default="", description="the source's name in ids; default: the file's stem")
    domain: Domain = "general"
    problem_kind: Kind = "reasoning"
    thought: Thought = "full"
    language: str = "en"
    verifier: Annotated[str, AfterValidator(fields.known_verifier)] = ""
    checks: dict[str, Any] = Field(default_factory=dict)
    licence: str = ""
    size: int | None = Field(default=None, gt=0)

    def defaults(self, name: str) -> Problem:
        """A problem that holds what rows do not say."""
        said = self.model_dump(include=_SAID)
        return Problem.model_validate(
            {
                "messages": _NO_PROMPT,
                "kind": self.problem_kind,
                "source": self.name or name,
                **said,
            }
        )

    def finder(self) -> fields.Columns:
        """The column finder of these settings."""
        option = "set problems.N.columns.FIELD=COLUMN"
        return fields.Columns(self.columns, fields.PROBLEM_FIELDS, option)


class FilesSettings(RowSettings):
    """Files to read, in order: paths, relative to the working directory, and URLs.

    `*` in a name matches. URLs are opened by fsspec: s3://, gs://, hf://, https:// and others.
    """

    paths: tuple[str, ...] = Field(min_length=1)


class Files:
    """Reads rows as they come; memory is bounded by a batch of rows."""

    settings_model: ClassVar[type[Settings]] = FilesSettings

    def __init__(self, settings: FilesSettings) -> None:
        self.settings = settings

    def problems(self) -> Iterator[Problem | RowFault]:
        """Yields a problem, or what is wrong with it, for each row."""
        finder = self.settings.finder()
        for path, row in islice(self._rows(), self.settings.size):
            if isinstance(row, RowFault):
                yield row
            else:
                place, values = row
                make = partial(fields.problem, values, finder, self.settings.defaults(path.stem))
                yield fields.attempt(place, finder.option, make)

    def _rows(self) -> Iterator[tuple[Place, tuple[str, rows.Row] | RowFault]]:
        for path in places(self.settings.paths):
            for row in rows.read(path):
                yield path, row
