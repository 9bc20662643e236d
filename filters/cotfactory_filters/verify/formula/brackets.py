"""Brackets turned outwards, as ISO 80000-2 and French, German and Polish schools write intervals.

`]0;1[` is (0, 1) and `[0;1[` is [0, 1). They are told from brackets that open and close by what
stands beside them: an interval opens where no value ends, and closes where one does and nothing
could be multiplied.
"""

from collections.abc import Sequence
from typing import Protocol, TypeVar


class _Token(Protocol):
    @property
    def kind(self) -> str: ...
    @property
    def text(self) -> str: ...


T = TypeVar("T", bound=_Token)

_BEFORE_VALUES = frozenset(
    ("=", "<", ">", "<=", ">=", "!=", "in", "union", "intersection", "minus", ",", ";", "and",
     "or", "(", r"\{", "{", ":", r"\\", "&", "")
)  # fmt: skip
_AFTER_VALUES = _BEFORE_VALUES - {"(", r"\{", "{"} | {")", "]", "}", r"\}"}
_OPENERS = {"(": "()", "[": "[]", r"\{": "{}", "{": "{}"}
_CLOSERS = frozenset((")", "]", r"\}", "}"))
_PARTING = frozenset((",", ";"))


def turned(tokens: Sequence[T]) -> dict[int, str]:
    """Returns what stands for the brackets that are turned outwards, by their place in `tokens`."""
    found: dict[int, str] = {}
    open_: list[list[bool]] = []  # for each open bracket: whether a separator was seen in it
    square: list[bool] = []  # and whether it is one that `[` may close
    for index, token in enumerate(tokens):
        if token.kind != "operator":
            continue
        before, after = _text(tokens, index - 1), _text(tokens, index + 1)
        text = token.text
        if text in _PARTING and open_:
            open_[-1][0] = True
        elif text == "[" and open_ and square[-1] and open_[-1][0] and _closes(before, after):
            found[index] = ")"
            open_.pop()
            square.pop()
        elif text == "]" and before in _BEFORE_VALUES:
            found[index] = "("
            open_.append([False])
            square.append(True)
        elif text in _OPENERS:
            open_.append([False])
            square.append(text == "[")
        elif text in _CLOSERS and open_:
            open_.pop()
            square.pop()
    return found


def _closes(before: str, after: str) -> bool:
    return before not in _BEFORE_VALUES and after in _AFTER_VALUES


def _text(tokens: Sequence[_Token], index: int) -> str:
    """Returns an operator's text, "" at the ends; of other tokens something that is none."""
    if not 0 <= index < len(tokens):
        return ""
    token = tokens[index]
    return token.text if token.kind == "operator" else "value"
