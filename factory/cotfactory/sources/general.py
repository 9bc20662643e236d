"""Prompts of the general domain that come with the factory: no download, six languages.

What DeepSeek-R1 calls non-reasoning data: writing, factual questions, translation and
self-cognition, with simple queries such as a greeting that are answered without a thought
(arXiv 2501.12948, supplement B.3).
"""

import json
from collections.abc import Iterator
from importlib import resources
from typing import Any, ClassVar, Literal

from pydantic import Field

from cotfactory.sources.base import RowFault
from cotfactory_schemas import Message, Problem, Settings, Thought

Language = Literal["en", "zh", "de", "fr", "es", "ja"]
Category = Literal[
    "greeting", "trivial", "factual_qa", "translation", "self_cognition", "writing"
]  # fmt: skip

THOUGHTS: dict[Category, Thought] = {
    "greeting": "none",
    "trivial": "none",
    "factual_qa": "short",
    "translation": "short",
    "self_cognition": "short",
    "writing": "full",  # it needs a plan
}


class GeneralSettings(Settings):
    """Which prompts: of these languages and categories (empty takes all), at most `size`.

    Fewer are spread evenly: in the file, categories and languages take turns.
    """

    languages: tuple[Language, ...] = ()
    categories: tuple[Category, ...] = ()
    size: int | None = Field(default=None, gt=0)


class General:
    """Reads the prompts.

    Nothing judges their answers, but for a few that ask for a form or a word: `constraints` does.
    """

    settings_model: ClassVar[type[Settings]] = GeneralSettings

    def __init__(self, settings: GeneralSettings) -> None:
        self.settings = settings

    def problems(self) -> Iterator[Problem | RowFault]:
        """Yields a problem for each prompt that is wanted."""
        wanted = [row for row in _prompts() if self._wants(row)]
        for row in wanted[: self.settings.size]:
            checks = row.get("checks", {})
            yield Problem(
                messages=(Message(role="user", content=row["prompt"]),),
                domain="general",
                kind="non_reasoning",
                thought=THOUGHTS[row["category"]],
                language=row["language"],
                verifier="constraints" if checks else "",
                checks=checks,
                source="cotfactory/general",
                source_id=row["id"],
                licence="apache-2.0",
                extra={"category": row["category"]},
            )

    def _wants(self, row: dict[str, Any]) -> bool:
        languages, categories = self.settings.languages, self.settings.categories
        return (not languages or row["language"] in languages) and (
            not categories or row["category"] in categories
        )


def _prompts() -> Iterator[dict[str, Any]]:
    file = resources.files("cotfactory.sources") / "general.jsonl"
    for line in file.read_bytes().splitlines():  # of bytes, which end lines at newlines only
        yield json.loads(line)
