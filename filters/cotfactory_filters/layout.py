"""Reads a teacher's raw text into thought and answer, whatever tags it used.

A layout's name is its family (`think`, `thinking`, `thought`, `thought_output`, `reasoning`,
`think_brackets`, `think_triangles`, `begin_of_thought`), with `_headless` when the opener is
missing, as when it stood in the prompt, and `_open` when the thought was never closed. `plain` has
no tags. `<answer>` tags belong to the answer and stay in it. Every text is read in linear time.
"""

import operator
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from cotfactory_schemas import Trace


class Template(NamedTuple):
    """The text around the thought and the answer: `before` thought `between` answer `after`."""

    before: str
    between: str
    after: str


@dataclass(frozen=True)
class Layout:
    """A raw text, read. `reasoning` and `response` are exact substrings of it.

    `closed` is False when a thought was opened and never closed, as in a truncated text; then all
    of the rest is thought. `clean` is False when tags of the layout stand where they should not:
    a second thought, text outside the sections, a stray, malformed or missing tag.
    """

    name: str
    reasoning: str
    response: str
    closed: bool = True
    clean: bool = True


class _Family(NamedTuple):
    """Tags that belong together. `section` holds the answer, after the usual text `joint`."""

    name: str
    opener: str
    closer: str
    joint: str = ""
    section: tuple[str, str] | None = None
    misspelt: tuple[str, ...] = ()

    @property
    def tags(self) -> tuple[str, ...]:
        return (self.opener, self.closer, *(self.section or ()))

    def templates(self) -> dict[str, Template]:
        section_opener, section_closer = self.section or ("", "")
        between = self.closer + self.joint + section_opener
        return {
            self.name: Template(self.opener, between, section_closer),
            f"{self.name}_headless": Template("", between, section_closer),
            f"{self.name}_open": Template(self.opener, "", ""),
        }


# Closers as small models misspell them. All but the first end like the right tags, so that one
# count tells whether any is there.
_MISSPELT = ("\\end{think}", "\\end{think>", "<\\think>", "<\\/think>", "</ think>", "< /think>")
_SOLUTION = ("<|begin_of_solution|>", "<|end_of_solution|>")
_FAMILIES = (
    _Family("think", "<think>", "</think>", misspelt=_MISSPELT),
    _Family("thinking", "<thinking>", "</thinking>"),
    _Family("thought_output", "<Thought>", "</Thought>", "\n", ("<Output>", "</Output>")),
    _Family("thought", "<thought>", "</thought>"),
    _Family("reasoning", "<reasoning>", "</reasoning>"),
    _Family("think_brackets", "[THINK]", "[/THINK]"),
    _Family("think_triangles", "◁think▷", "◁/think▷"),
    _Family("begin_of_thought", "<|begin_of_thought|>", "<|end_of_thought|>", "\n\n", _SOLUTION),
)
TEMPLATES: dict[str, Template] = {
    "plain": Template("", "", ""),
    **{name: t for family in _FAMILIES for name, t in family.templates().items()},
}
CLOSERS: dict[str, str] = {
    name: family.closer for family in _FAMILIES for name in family.templates()
}
"""The tag that ends the thought, by the layout's name; `plain` has none."""


def read(raw: str) -> Layout:
    """Reads `raw`; never raises, and never loses the text outside the sections: that is `raw`."""
    opened = _opening(raw)
    if opened is None:
        clean = not any(tag in raw for f in _FAMILIES for tag in (f.opener, f.closer))
        return Layout("plain", "", raw, clean=clean)
    family, before, start = opened
    headless = start == 0
    closed = _closing(raw, family, start)
    if closed is None:
        clean = not before.strip() and _tags(raw, family) == 1
        return Layout(f"{family.name}_open", raw[start:], "", closed=False, clean=clean)
    end, after = closed
    response, clean = _answer(raw, family, after)
    expected = len(family.tags) - headless
    return Layout(
        f"{family.name}_headless" if headless else family.name,
        raw[start:end],
        response,
        clean=clean and not before.strip() and _tags(raw, family) == expected,
    )


def read_fields(reasoning: str | None, response: str | None) -> tuple[str, Layout]:
    """Reads a record with a field of its own for the thought; returns its raw text too.

    The raw text is the `think` layout of both. A missing answer beside a thought means that the
    teacher was cut inside the thought. Without a thought, the answer is read for tags.
    """
    if not reasoning:
        return response or "", read(response or "")
    if response is None:
        raw = compose("think_open", reasoning, "")
        clean = _tags(raw, _FAMILIES[0]) == 1
        return raw, Layout("think_open", reasoning, "", closed=False, clean=clean)
    raw = compose("think", reasoning, response)
    clean = _tags(raw, _FAMILIES[0]) == len(_FAMILIES[0].tags)
    return raw, Layout("think", reasoning, response, clean=clean)


def read_parted(opening: str, reasoning: str, response: str | None) -> tuple[str, Layout]:
    """Reads what a server that parts thought and answer said after `opening`; returns the raw text.

    The raw text starts with all of `opening` and stays without a closer where the thought was cut:
    `response` is None. After an opening without an open thought, a server that looks for a closer
    only in what is new (vLLM) takes the whole answer for a thought; it is put back.
    """
    if not opening:
        return read_fields(reasoning, response)
    begun = read(opening)
    closer = CLOSERS.get(begun.name, _FAMILIES[0].closer)
    if begun.closed:
        is_closing = bool(reasoning and response)
    else:  # without a thought of its own, the response may be the rest of both, tag included
        is_closing = response is not None and (bool(reasoning) or closer not in response)
    raw = f"{opening}{reasoning}{closer if is_closing else ''}{response or ''}"
    return raw, read(raw)


def compose(name: str, reasoning: str, response: str) -> str:
    """Puts a raw text together again; the inverse of `read` where spacing and tags were usual.

    Raises:
        KeyError: `name` is not in TEMPLATES.
    """
    before, between, after = TEMPLATES[name]
    return f"{before}{reasoning}{between}{response}{after}"


def can_restore(trace: Trace) -> bool:
    """Says whether the raw text follows from the layout's name, the thought and the answer."""
    if trace.layout not in TEMPLATES:
        return False
    return compose(trace.layout, trace.reasoning, trace.response) == trace.raw


def raw_expression() -> pl.Expr:
    """Returns the raw text of rows of `traces`, whose `raw` may be null.

    It reads the columns raw, layout, reasoning and response.
    """
    before, between, after = (
        pl.col("layout").replace_strict(
            {name: template[i] for name, template in TEMPLATES.items()},
            default=None,
            return_dtype=pl.String,
        )
        for i in range(3)
    )
    restored = pl.concat_str(before, "reasoning", between, "response", after)
    return pl.coalesce("raw", restored).alias("raw")


def raw_sql() -> str:
    """Returns what `raw_expression` does as a DuckDB expression, made of constants only."""
    cases = " ".join(
        f"WHEN {_quoted(name)} THEN {_quoted(template.before)} || reasoning || "
        f"{_quoted(template.between)} || response || {_quoted(template.after)}"
        for name, template in TEMPLATES.items()
    )
    return f"coalesce(raw, CASE layout {cases} END)"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _opening(raw: str) -> tuple[_Family, str, int] | None:
    """Finds the layout's family, the text before its opener, and where the thought starts."""
    lead = len(raw) - len(raw.lstrip())
    for family in _FAMILIES:
        if raw.startswith(family.opener, lead):
            return family, "", lead + len(family.opener)
    closers = [(tag[0], f) for f in _FAMILIES if (tag := _closing_tag(raw, f, 0))]
    if closers:
        limit, family = min(closers, key=operator.itemgetter(0))
        at = _line_opener(raw, family, limit)
        return (family, "", 0) if at < 0 else (family, raw[:at], at + len(family.opener))
    openers = [(at, f) for f in _FAMILIES if (at := _line_opener(raw, f, len(raw))) >= 0]
    if openers:
        at, family = min(openers, key=operator.itemgetter(0))
        return family, raw[:at], at + len(family.opener)
    return None


def _line_opener(raw: str, family: _Family, limit: int) -> int:
    """Finds an opener that opens a line, or is no text that anyone would quote in a sentence."""
    if "<|" in family.opener:
        return raw.find(family.opener, 0, limit)
    at = raw.find("\n" + family.opener, 0, limit)
    return at + 1 if at >= 0 else -1


def _closing(raw: str, family: _Family, start: int) -> tuple[int, int] | None:
    """Finds where the thought ends and where what follows its closer begins."""
    if tag := _closing_tag(raw, family, start):
        return tag
    if family.section:
        at = raw.find(family.section[0], start)
        return None if at < 0 else (at, at)
    # A thought that runs into an <answer> which ends the text was closed by it. Anywhere else
    # the tag may be a quotation of the instructions.
    if raw.rstrip().endswith("</answer>"):
        at = raw.rfind("\n<answer>", start)
        return None if at < 0 else (at, at)
    return None


def _closing_tag(raw: str, family: _Family, start: int) -> tuple[int, int] | None:
    at = raw.find(family.closer, start)
    if at >= 0:
        return at, at + len(family.closer)
    for tag in family.misspelt:
        at = raw.find(tag, start)
        if at >= 0:
            return at, at + len(tag)
    return None


def _answer(raw: str, family: _Family, start: int) -> tuple[str, bool]:
    """Returns the answer that follows the thought's closer, and whether its tags are right."""
    if family.section is None:
        return raw[start:], True
    opener, closer = family.section
    at = raw.find(opener, start)
    if at < 0:
        return raw[start:], False
    body = at + len(opener)
    end = raw.find(closer, body)
    if end < 0:
        return raw[body:], False
    outside = raw[start:at] + raw[end + len(closer) :]
    return raw[body:end], not outside.strip()


def _tags(raw: str, family: _Family) -> int:
    """Counts the family's tags; a misspelt one counts for all, so that no sum comes out right."""
    right = sum(raw.count(tag) for tag in family.tags)
    if not family.misspelt:
        return right
    if raw.count("think>") == right and family.misspelt[0] not in raw:
        return right
    return right + len(family.tags) * sum(raw.count(tag) for tag in family.misspelt)
