"""Reads what an OpenAI-compatible server answered, and takes no part of it on trust."""

import json
import re
from collections.abc import Mapping
from typing import Any

from cotfactory.engines.base import Completion, EngineError, Request
from cotfactory_filters import layout
from cotfactory_schemas.trace import believed

_SHOWN_CHARACTERS = 80
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class UnreadableAnswerError(Exception):
    """The body is no answer: broken JSON, a login page, a choice without a message."""


def read_answer(body: bytes, request: Request, seconds: float) -> Completion:
    """What the server says that it generated, without what it repeats of the request's opening.

    Raises:
        UnreadableAnswerError: the body is no answer.
        EngineError: the answer ended in a way that leaves nothing to use.
    """
    try:
        answer = json.loads(body)
        choice = answer["choices"][0]
        text = _text(choice["message"], "content")
        reasoning = _text(choice["message"], "reasoning", "reasoning_content")
        finish = choice.get("finish_reason")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        shown = body[: 4 * _SHOWN_CHARACTERS].decode(errors="replace")[:_SHOWN_CHARACTERS]
        raise UnreadableAnswerError(repr(shown)) from error
    if finish not in ("stop", "length"):
        raise EngineError(f"the server ended the answer with finish_reason {finish!r:.80}")
    reasoning, text = _new(request.opening, reasoning, text)
    usage = answer.get("usage")
    completion_tokens = _count(usage, "completion_tokens")
    return Completion(
        text=text,
        reasoning=reasoning or None,
        finish_reason=finish,
        prompt_tokens=_count(usage, "prompt_tokens"),
        completion_tokens=completion_tokens,
        reasoning_tokens=_part(usage, completion_tokens),
        seconds=seconds,
    )


def _text(message: Mapping[str, Any], *names: str) -> str:
    """The first text there is under the names. What no UTF-8 can hold becomes U+FFFD."""
    said = next((message[name] for name in names if message.get(name)), "")
    if not isinstance(said, str):
        raise TypeError(f"{names[0]} is {type(said).__name__}")
    return _LONE_SURROGATE.sub("\ufffd", said)


def _count(usage: Any, name: str) -> int | None:  # noqa: ANN401 - whatever the server sent
    return believed(usage.get(name)) if isinstance(usage, dict) else None


def _part(usage: Any, whole: int | None) -> int | None:  # noqa: ANN401 - whatever the server sent
    details = usage.get("completion_tokens_details") if isinstance(usage, dict) else None
    count = _count(details, "reasoning_tokens")
    return None if count is None or (whole is not None and count > whole) else count


def _new(opening: str, reasoning: str, text: str) -> tuple[str, str]:
    """Drops what a server repeats of the opening, in its text or in the parts of it.

    llama.cpp, and vLLM when it is told to `echo`, put the opening before the text as it was sent;
    a server that parts the whole turn repeats the thought so far, and the answer if it had begun.
    """
    text = _without(opening, text)
    begun = layout.read(opening)
    if begun.name == "plain":
        return _without(opening, reasoning), text
    if not begun.closed:
        return _without(begun.reasoning, reasoning), text
    if reasoning.strip() and reasoning.strip() == begun.reasoning.strip():
        return "", _without(begun.response, text)
    return reasoning, text


def _without(said: str, again: str) -> str:
    """Drops `said` from the beginning of `again`, also when a chat template has trimmed its ends.

    White space alone may as well be new.
    """
    core, rest = said.strip(), again.lstrip()
    if not core or not rest.startswith(core):
        return again
    return rest[len(core) :].removeprefix(said[len(said.rstrip()) :])
