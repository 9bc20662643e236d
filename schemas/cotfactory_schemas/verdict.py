"""Verdict: what a verifier says of a trace."""

from typing import Literal

from pydantic import Field, JsonValue

from cotfactory_schemas.base import Int64, Noun

Status = Literal["correct", "incorrect", "unparsable", "timeout", "error", "unverifiable"]


class Verdict(Noun):
    """What a verifier says of a trace, and how it came to say it.

    `extracted` is the answer as found in the trace, `reference` the form it was compared with.
    `method` says which way decided (`string`, `rational`, `symbolic`, `score_answer` …), `found`
    which way the answer was found (`boxed`, `answer_tag`, `hash_marks`, `phrase`, `last_line` …).
    `settings` are the verifier's settings that are not its defaults (and a limit that it failed
    at): with `verifier` and `version` they say whether it would judge otherwise today. `seconds` is
    the time spent. `detail` is one readable sentence, empty when there is no more to
    say.
    """

    trace_id: str
    status: Status
    verifier: str
    version: Int64
    settings: dict[str, JsonValue] = Field(default_factory=dict)
    method: str = ""
    found: str = ""
    extracted: str | None = None
    reference: str | None = None
    score: float | None = None
    detail: str = ""
    seconds: float = 0.0
