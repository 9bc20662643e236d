"""Cuts a text at its spans, for pages that colour them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True)
class Segment:
    """A stretch of text with the role and the verdict of the span that holds it, or None."""

    text: str
    role: str | None = None
    status: str | None = None


def visible(text: str) -> str:
    """Shows control, zero-width and direction characters by their code points."""
    return _UNSEEN.sub(lambda match: f"⟦U+{ord(match[0]):04X}⟧", text)


def segments(text: str, spans: Iterable[Mapping[str, Any]] = ()) -> list[Segment]:
    """Returns the whole of `text` in order; spans outside it are cut, overlaps go to the first."""
    result: list[Segment] = []
    at = 0
    for span in sorted(spans, key=lambda s: (s["start"], s["end"])):
        start, end = max(at, span["start"]), min(len(text), span["end"])
        if start >= end:
            continue
        if start > at:
            result.append(Segment(text[at:start]))
        result.append(Segment(text[start:end], span["role"], span["status"]))
        at = end
    if at < len(text):
        result.append(Segment(text[at:]))
    return result


def shortened(parts: Sequence[Segment], limit: int) -> list[Segment]:
    """Cuts each segment's middle so that all of them together stay near `limit` characters."""
    share = max(200, limit // max(1, len(parts)))
    result = []
    for part in parts:
        extra = len(part.text) - share
        text = part.text
        if extra > 0:
            half = share // 2
            text = f"{text[:half]}\n[… {extra:,} characters …]\n{text[-half:]}"
        result.append(Segment(text, part.role, part.status))
    return result
