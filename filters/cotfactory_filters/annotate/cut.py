r"""Tells from the end of a text that it was cut, where no engine said how it ended.

Only what no writer ends with counts: a formula that never closes, a comma, an opening bracket, an
article. A missing full stop or an open fence says nothing: finished texts have those too.
"""

import re

_CLOSERS = {"(": ")", "[": "]"}
_FORMULA = re.compile(r"(?<![^\s*])\\[(\[]")  # behind a space or **; elsewhere it is code
_ENDED = re.compile(r"(?:</\w+>|```)$")
_DANGLING = re.compile(
    r"[,(\[{\\^&]$"
    r"|\s=$"
    r"|[a-z] (?:the|an|and|or|but|of|if|because|since|than|whose|every)$"  # in prose, not in lists
    r"|(?:^|\n)(?:So|Then|Thus|Hence|Therefore|But|And|If|Since|Because|Let|The)$"
)


def breaks_off(text: str) -> bool:
    """Says whether `text` stops in the middle of a formula or of a sentence."""
    text = text.rstrip()
    paragraph = text.rpartition("\n\n")[2]  # no formula of LaTeX goes over a blank line
    if _ENDED.search(paragraph):
        return False
    return (
        _DANGLING.search(paragraph) is not None
        or _in_brackets(paragraph)
        or _in_box(paragraph)
        or (_in_dollars(paragraph) and _in_dollars(text))  # ... but models write some that do
    )


def _in_brackets(paragraph: str) -> bool:
    r"""Says whether the last \( or \[ is open; in "\[1, 2]" Markdown escapes a bracket."""
    start = max((match.end() for match in _FORMULA.finditer(paragraph)), default=0)
    if not start:
        return False
    opener, rest = paragraph[start - 1], paragraph[start:]
    closer = _CLOSERS[opener]
    return f"\\{closer}" not in rest and rest.count(closer) <= rest.count(opener)


def _in_box(paragraph: str) -> bool:
    _, box, rest = paragraph.rpartition("\\boxed{")
    return bool(box) and rest.count("{") >= rest.count("}")


def _in_dollars(text: str) -> bool:
    return text.replace("\\$", "").count("$$") % 2 == 1
