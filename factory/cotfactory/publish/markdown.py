"""Text that others wrote, made safe to stand in Markdown."""

import re

_SPECIAL = re.compile(r"([\\`*_\[\]|~$])")
_BREAKS = re.compile(r"\s+")
_BACKTICKS = re.compile(r"`+")


class Markdown(str):
    """Markdown of our own making, which is not escaped again."""

    __slots__ = ()


def escaped(value: object) -> Markdown:
    """Returns one line of Markdown that shows `value` as plain text; Markdown stays as it is."""
    if isinstance(value, Markdown):
        return value
    line = _BREAKS.sub(" ", str(value)).replace("&", "&amp;").replace("<", "&lt;")
    return Markdown(_SPECIAL.sub(r"\\\1", line))


def code(value: object) -> Markdown:
    """Returns `value` as inline code that may stand in a table cell."""
    line = _BREAKS.sub(" ", str(value)).strip()
    if not line:
        return Markdown("")
    fence = "`" * (_longest_backticks(line) + 1)
    pad = " " if "`" in line else ""
    return Markdown(f"{fence}{pad}{line}{pad}{fence}".replace("|", "\\|"))


def block(text: str, language: str = "") -> Markdown:
    """Returns `text` as a fenced block that nothing inside it can close."""
    fence = "`" * max(3, _longest_backticks(text) + 1)
    return Markdown(f"{fence}{language}\n{text.rstrip()}\n{fence}")


def _longest_backticks(text: str) -> int:
    return max((len(run) for run in _BACKTICKS.findall(text)), default=0)
