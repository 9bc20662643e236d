"""Builders of nouns for tests: say what matters, the rest is filled in."""

from typing import Any

from cotfactory_schemas import Message, Problem, Trace, Verdict


def problem(question: str = "What is 2 + 3?", **changes: Any) -> Problem:
    said = {
        "messages": (Message(role="user", content=question),),
        "domain": "math",
        "reference": "5",
        "verifier": "math",
        "source": "tests",
    }
    return Problem.model_validate(said | changes)


def trace(of: Problem, sample: int = 0, reasoning: str = "2 + 3 = 5.", **changes: Any) -> Trace:
    response = changes.pop("response", "\\boxed{5}")
    said = {
        "trace_id": f"{of.problem_id[:24]}{sample:08d}",
        "problem_id": of.problem_id,
        "sample": sample,
        "teacher": "teacher",
        "model": "tiny",
        "raw": f"<think>{reasoning}</think>{response}",
        "reasoning": reasoning,
        "response": response,
        "layout": "think",
        "finish_reason": "stop",
        "completion_tokens": 7,
    }
    return Trace.model_validate(said | changes)


def verdict(of: Trace, status: str = "correct", **changes: Any) -> Verdict:
    said = {"trace_id": of.trace_id, "status": status, "verifier": "math", "version": 1}
    return Verdict.model_validate(said | changes)
