"""Chat servers that part the thought from the answer, each in the way of a real one."""

import re
from collections.abc import Callable

from chat_server import Body, Reply, answering

THOUGHT = " ".join(f"w{i}" for i in range(50))
ANSWER = "The answer is \\boxed{5}"
WHOLE = f"{THOUGHT}</think>{ANSWER}"
_PIECE = re.compile(r"</think>|\s*[^\s<]+")

Parted = tuple[str | None, str | None]  # the thought and the answer
Say = Callable[[str, str], Parted]  # of the opening, and of what is new after it


def opening_of(body: Body) -> str:
    last = body["messages"][-1]
    return last["content"] if last["role"] == "assistant" else ""


def speaking(say: Say) -> Callable[[int, Body], Reply]:
    """A model that says WHOLE within its token limit, going on from any beginning of it."""

    def reply(_: int, body: Body) -> Reply:
        opening = opening_of(body)
        rest = WHOLE.removeprefix(opening.removeprefix("<think>"))
        pieces = _PIECE.findall(rest)
        is_cut = len(pieces) > body["max_tokens"]
        said = "".join(pieces[: body["max_tokens"]])
        reasoning, content = say(opening, said)
        finish = "length" if is_cut else "stop"
        status, answer = answering(content or "", reasoning=reasoning, finish_reason=finish)
        answer["choices"][0]["message"]["content"] = content
        tokens = min(len(pieces), body["max_tokens"])
        answer["usage"] = {"prompt_tokens": 7, "completion_tokens": tokens}
        return status, answer

    return reply


def parted(text: str) -> Parted:
    thought, closer, answer = text.removeprefix("<think>").partition("</think>")
    return thought or None, (answer or None) if closer else None


def like_vllm(_: str, said: str) -> Parted:
    """Looks only at what is new: after a closed thought it takes the answer for a thought."""
    return parted(said)


def like_sglang(opening: str, said: str) -> Parted:
    """Knows from the opening whether the thought is over."""
    return (None, said) if "</think>" in opening else parted(said)


def like_llama_cpp(opening: str, said: str) -> Parted:
    """Parts a fresh turn, and says a continued one whole again, as one text with its tags."""
    return (None, opening + said) if opening else parted(said)


def parting_all_again(opening: str, said: str) -> Parted:
    """Parts the whole turn, the opening included."""
    return parted(opening + said)
