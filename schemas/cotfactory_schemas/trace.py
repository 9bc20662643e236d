"""Trace: one sampled answer to one problem."""

from typing import Literal

from pydantic import Field, JsonValue

from cotfactory_schemas.base import MAX_TOKENS, Index, Int64, Noun, TokenCount

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
    sample: Index
    teacher: str
    model: str
    engine: str = ""
    raw: str
    reasoning: str = ""
    response: str = ""
    layout: str = ""
    finish_reason: FinishReason
    prompt_tokens: TokenCount | None = None
    reasoning_tokens: TokenCount | None = None
    completion_tokens: TokenCount | None = None
    max_tokens: TokenCount | None = None
    seed: Int64 | None = None
    parent_id: str | None = None
    continuation: Continuation = ""
    seconds: float | None = None
    created_at: str = ""
    error: str | None = None
    source_id: str = ""
    extra: dict[str, JsonValue] = Field(default_factory=dict)


def believed(count: object) -> int | None:
    """Returns a token count if it can be one; not recorded is better than the trace lost for it."""
    if not isinstance(count, int) or isinstance(count, bool):
        return None
    return count if 0 <= count <= MAX_TOKENS else None
