"""Rows of the published splits."""

from typing import Literal

from pydantic import Field, JsonValue

from cotfactory_schemas.base import Index, Noun, TokenCount
from cotfactory_schemas.problem import Domain, Kind, Message
from cotfactory_schemas.verdict import Status

SplitName = Literal["shortcut", "journey", "rejected"]
Part = Literal["train", "test"]
SpanRole = Literal["wrong_attempt", "reflection", "correct_path"]
Origin = Literal["sampled", "natural", "continued", "stitched"]
ThoughtFrom = Literal["thought", "response", "none"]


class Span(Noun):
    """Characters [start, end) of the assistant message, and what they hold.

    `status` is the verdict on the answer that the span reaches, None for a reflection.
    """

    start: Index
    end: Index
    role: SpanRole
    status: Status | None = None


class SplitRow(Noun):
    """One row of a split.

    `trace_id` is the sampled trace, or, for a row made of several (`origin` `stitched`), an id of
    its own; `trace_ids` lists every trace whose text is in it. `pair_id` is the trace_id of the
    shortcut row of the same problem. In `messages` the thought stands inside <think> tags in the
    assistant turn; a rejected row keeps there the text as the teacher gave it. `thought_from` says
    where the thought was found: set apart by the teacher, in its visible answer before the
    conclusion, or nowhere. `rules` says why a rejected row was rejected.
    """

    split: SplitName
    part: Part
    origin: Origin
    trace_id: str
    trace_ids: tuple[str, ...]
    pair_id: str | None = None
    problem_id: str
    messages: tuple[Message, ...]
    prompt: str
    reasoning: str
    response: str
    thought_from: ThoughtFrom = "thought"
    reference: str | None
    status: Status | None
    extracted: str | None
    verifier: str
    domain: Domain
    kind: Kind
    language: str
    model: str
    teacher: str
    sampling: dict[str, JsonValue] = Field(default_factory=dict)
    source: str
    source_id: str = ""
    licence: str = ""
    completion_tokens: TokenCount | None = None
    scores: dict[str, str | int | float | bool | None] = Field(default_factory=dict)
    spans: tuple[Span, ...] = ()
    rules: tuple[str, ...] = ()


class PreferenceRow(Noun):
    """A right and a wrong answer to one problem, in the columns that preference trainers read.

    `prompt` are the problem's messages, `chosen` and `rejected` one assistant turn each, both with
    their thought inside <think> tags (the columns of TRL's preference format). `trace_ids` are the
    chosen and the rejected trace; `chosen_extracted` and `rejected_extracted` the answers found.
    """

    split: Literal["preference"] = "preference"
    origin: Literal["paired"] = "paired"
    part: Part
    trace_id: str
    trace_ids: tuple[str, ...]
    problem_id: str
    prompt: tuple[Message, ...]
    chosen: tuple[Message, ...]
    rejected: tuple[Message, ...]
    chosen_extracted: str | None
    rejected_extracted: str | None
    reference: str | None
    domain: Domain
    kind: Kind
    language: str
    model: str
    source: str
    source_id: str = ""
    licence: str = ""
