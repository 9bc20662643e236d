"""Trace: one sampled answer to one problem."""

from typing import Literal

from pydantic import Field, JsonValue

from cotfactory_schemas.base import Noun

Continuation = Literal["", "limit", "journey"]
FinishReason = Literal["stop", "length", "error", "unknown"]


class Trace(Noun):
    """One sampled answer.

    `raw` is the text as the teacher gave it, prefill included. `reasoning` (the thought) and
    `response` (the answer) are exact substrings of it, read by the reader named in `layout`; a
    better reader never needs the teacher again. Token counts are the engine's own; None where it
    did not say. `error` is set, and `finish_reason` is `error`, when the engine gave no answer.
    `parent_id` is the trace that this one continues, whose text `raw` starts with: past the token
    limit (`continuation` `limit`) or from a wrong thought (`journey`). `created_at` is ISO 8601 in
    UTC.
    """

    trace_id: str
    problem_id: str
    sample: int = Field(ge=0)
    teacher: str
    model: str
    engine: str = ""
    raw: str
    reasoning: str = ""
    response: str = ""
    layout: str = ""
    finish_reason: FinishReason
    prompt_tokens: int | None = None
    reasoning_tokens: int | None = None
    completion_tokens: int | None = None
    max_tokens: int | None = None
    seed: int | None = None
    parent_id: str | None = None
    continuation: Continuation = ""
    seconds: float | None = None
    created_at: str = ""
    error: str | None = None
    source_id: str = ""
    extra: dict[str, JsonValue] = Field(default_factory=dict)
