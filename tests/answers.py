"""Builders of problems with a reference and of traces that answer them."""

from typing import Any

from cotfactory_schemas import Message, Problem, Trace


def problem(reference: str | None = "4", verifier: str = "math", **fields: Any) -> Problem:
    """A problem whose answers `verifier` compares with `reference`."""
    prompt = fields.pop("prompt", "How many?")
    messages = (Message(role="user", content=prompt),)
    return Problem(
        messages=messages, reference=reference, verifier=verifier, source="tests", **fields
    )


def trace(response: str = "", **fields: Any) -> Trace:
    """A trace that answers `response`, and stopped by itself."""
    given: dict[str, Any] = {
        "trace_id": "t",
        "problem_id": "p",
        "sample": 0,
        "teacher": "teacher",
        "model": "model",
        "raw": response,
        "response": response,
        "finish_reason": "stop",
    }
    return Trace(**given | fields)
