"""Problem: one prompt for the teacher and what its answers are judged against."""

from functools import cached_property
from typing import Literal

from pydantic import Field, JsonValue

from cotfactory_schemas import ids
from cotfactory_schemas.base import Noun

Domain = Literal["math", "code", "stem", "logic", "general"]
Kind = Literal["reasoning", "non_reasoning"]
Role = Literal["system", "user", "assistant"]
Thought = Literal["full", "short", "none"]


class Message(Noun):
    """One turn of a chat."""

    role: Role
    content: str


class Problem(Noun):
    """One prompt for the teacher.

    `reference` is the answer to compare with. `checks` is what else the verifier needs, as JSON:
    a reasoning-gym entry, choices, tests, a tolerance. `verifier` names the verifier; empty means
    that nothing judges this problem. `thought` says how much of one the teacher is to have before
    it answers; like checks, it is no part of the id. `language` is an ISO 639-1 code. `source_id`
    is the id that the source gave; `extra` holds the source's columns that have no place of their
    own.
    """

    messages: tuple[Message, ...] = Field(min_length=1)
    domain: Domain = "general"
    kind: Kind = "reasoning"
    thought: Thought = "full"
    language: str = "en"
    reference: str | None = None
    verifier: str = ""
    checks: dict[str, JsonValue] = Field(default_factory=dict)
    source: str
    licence: str = ""
    source_id: str = ""
    extra: dict[str, JsonValue] = Field(default_factory=dict)

    @cached_property
    def problem_id(self) -> str:
        """Hash of messages, reference and source.

        A problem without a reference is told apart by its checks. With one, checks stay out, so
        that changing how an answer is judged asks the teacher nothing again.
        """
        judged_by: JsonValue = self.reference if self.reference is not None else dict(self.checks)
        messages: list[JsonValue] = [[m.role, m.content] for m in self.messages]
        return ids.problem_id(messages, judged_by, self.source)

    @property
    def prompt(self) -> str:
        """The last user message: what a person would call the question."""
        users = [m.content for m in self.messages if m.role == "user"]
        return users[-1] if users else self.messages[-1].content
