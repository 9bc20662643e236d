r"""Cuts an answer into tokens; typography (spacing, sizes, delimiters) falls away here.

Two answers with the same tokens are the same answer, however they were typeset.
"""

import re
from collections.abc import Callable
from typing import Literal, NamedTuple

from cotfactory_filters.verify.formula.brackets import turned
from cotfactory_filters.verify.formula.characters import plain_characters
from cotfactory_filters.verify.formula.conventions import localised
from cotfactory_filters.verify.formula.plain import join_thousands
from cotfactory_filters.verify.formula.units import is_unit, single_letter_unit
from cotfactory_filters.verify.formula.vocabulary import (
    COMMANDS,
    FUNCTIONS,
    LETTER_STYLES,
    SET_UPRIGHT,
    SKIPPED,
    SYMBOLS,
    TEXT_COMMANDS,
    WORDS,
)

MAX_TOKENS = 1500

Kind = Literal["number", "symbol", "function", "command", "operator", "text", "begin", "end"]


class Token(NamedTuple):
    """`spaced` tells whether a blank stands before it: `1 1/2` is a mixed fraction."""

    kind: Kind
    text: str
    spaced: bool = False


class UnreadableError(ValueError):
    """The text is no formula of our grammar; another reader may try."""


MAX_LETTERS = 3  # a longer run of bare letters is a word, not a product of variables
_SHORT_WORDS = frozenset(
    [
        "am",
        "be",
        "do",
        "for",
        "go",
        "he",
        "if",
        "in",
        "is",
        "me",
        "my",
        "of",
        "or",
        "pm",
        "so",
        "to",
        "us",
        "we",
    ]
)


class UnknownCommandError(UnreadableError):
    """There is a command that our grammar does not know, and another may."""


_TEXT = "|".join(TEXT_COMMANDS)
_ACCENTED = (
    "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"  # the letters that French or Polish add to ours
)
_TOKEN = re.compile(
    rf"(?P<blank>(?:[\s~\"]|\\\"|\\[,;:!> ]|\$|\\\(|\\\)|\\\[|\\\])+)"
    rf"|\\(?P<environment>begin|end)\s*\{{(?P<name>[a-z]+)\*?\}}(?P<columns>\s*\{{[clr|\s]*\}})?"
    rf"|\\(?:{_TEXT})(?![A-Za-z])\s*\{{(?P<text>[^{{}}]*)\}}"
    rf"|(?P<row>\\\\)"
    rf"|\\(?P<command>[A-Za-z]+)\*?"
    rf"|\\(?P<escaped>[{{}}%$|&#_])"
    rf"|(?P<number>0x[0-9a-fA-F]+|0b[01]+|\d+(?:\.\d*)?(?:[eE][+-]?\d{{1,4}}(?![\d.]))?|\.\d+(?:[eE][+-]?\d{{1,4}})?)"
    rf"|(?P<letters>[A-Za-z]++(?![{_ACCENTED}]))"
    rf"|(?P<operator><=|>=|!=|==|\*\*|->|[-+*/^_=<>!|()\[\]{{}},;:%'&€£¥])"
    rf"|(?P<other>[A-Za-z{_ACCENTED}]+|[^\W\d_A-Za-z{_ACCENTED}]+)"
)
_TRAILING = re.compile(r"(?:[\s.,;:$]|\\\\?(?=[\s.$]*\Z))+\Z")
_CURRENCY = frozenset("$€£¥")
_ESCAPES = {"\x0c": r"\f", "\x08": r"\b", "\t": r"\t", "\r": r"\r"}
_ESCAPED_COMMAND = re.compile(r"[\x0c\x08]|\t(?=frac|ext|imes|heta|an|au)|\r(?=ight|ho|m\b)")


def tokens(text: str, language: str = "en") -> list[Token]:
    r"""Returns the tokens of `text`.

    A trailing full stop or comma ends the sentence, not the answer. A control character before the
    rest of a command is what JSON made of `\frac`, `\begin`, `\text` or `\right`. Doubled
    backslashes before commands come from one JSON encoding too many; in a matrix they end a row.

    Raises:
        UnreadableError: there are more than 1,500 tokens, or a character of no formula.
    """
    text = _ESCAPED_COMMAND.sub(lambda m: _ESCAPES[m[0]], text)
    text = join_thousands(localised(plain_characters(text), language), language)
    text = _TRAILING.sub("", text)
    if r"\\" in text and r"\begin" not in text.replace(r"\\begin", ""):
        text = re.sub(r"\\\\(?=[A-Za-z{}])", r"\\", text)
    made: list[Token] = []
    position, spaced = 0, False
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise UnreadableError(f"unknown character {text[position]!r}")
        position = match.end()
        if match["blank"]:
            spaced = True
            continue
        made += _made(match, spaced=spaced)
        spaced = False
        if len(made) > MAX_TOKENS:
            raise UnreadableError(f"more than {MAX_TOKENS} tokens")
    for index, bracket in turned(made).items():
        made[index] = made[index]._replace(text=bracket)
    return [_in_context(made, index) for index in range(len(made))]


_TIMES = frozenset(("min", "sec"))  # minutes and seconds, beside minimum and secant


def _in_context(made: list[Token], index: int) -> Token:
    """Settles a token by its neighbours: the cross of `2 ft x 3 ft`, the unit of `27 min`."""
    token = made[index]
    before = made[index - 1] if index else None
    after = made[index + 1] if index + 1 < len(made) else None
    if token.text == "x" and token.spaced and before and after and after.kind == "number":
        return Token("operator", "*", spaced=True) if after.spaced else token
    if token.kind == "function" and token.text in _TIMES and before and before.kind == "number":
        applied = after is not None and (after.kind in ("number", "symbol") or after.text in "({_^")
        return token if applied else Token("text", token.text, token.spaced)
    return token


def _made(match: re.Match[str], *, spaced: bool) -> list[Token]:
    if match["environment"]:
        return [Token("begin" if match["environment"] == "begin" else "end", match["name"], spaced)]
    kind = match.lastgroup or ""
    made = _MAKERS[kind](match[kind])
    return [made[0]._replace(spaced=spaced or made[0].spaced), *made[1:]] if made else []


def _of_text(content: str) -> list[Token]:
    r"""Reads `\text{…}`: a conjunction, a function name, one letter, numbers, or words."""
    plain = content.replace("~", " ").strip()
    spaced = content[:1] in (" ", "~")
    if plain[:1].isdigit():
        return tokens(plain)
    if len(plain) == 1 and plain.isalpha() and plain.isascii():
        unit = single_letter_unit(plain)
        return [Token("text" if unit else "symbol", plain, spaced)]
    if plain in SET_UPRIGHT:
        return [Token("function", SET_UPRIGHT[plain])]
    if plain.lower() in WORDS or plain in FUNCTIONS:
        return _of_letters(plain)
    return [Token("text", " ".join(plain.split()), spaced)] if plain else []


def _of_command(name: str) -> list[Token]:
    if name in SKIPPED or name in LETTER_STYLES or name in TEXT_COMMANDS:
        return []
    for kind, known in _COMMAND_KINDS:
        if name in known:
            return [Token(kind, known[name])]
    if name[:-1] in SKIPPED or name[:-1] in _BARS:  # `\quadx`: a blank was lost
        return [*_of_command(name[:-1]), Token("symbol", name[-1])]
    return [Token("command", name)]


_BARS = frozenset(("vert", "lvert", "rvert"))


def _of_letters(run: str) -> list[Token]:
    """Reads a run of letters: a word of mathematics, one symbol, or text to be settled later."""
    if run.lower() in WORDS:
        return [Token("operator", WORDS[run.lower()])]
    if len(run) == 1:
        return [Token("symbol" if run.isascii() else "text", run)]
    for kind, known in _COMMAND_KINDS[:2]:
        if run in known:
            return [Token(kind, known[run])]
    return _of_word(run)


def _of_word(run: str) -> list[Token]:
    """Reads letters side by side: variables, unless they are a unit, a word or a name.

    Three capitals are an order of things or a triangle: ABC is not CBA.
    """
    if not is_product(run) or is_unit(run):
        return [Token("text", run)]
    if len(run) == MAX_LETTERS and run.isupper():
        return [Token("symbol", run)]
    return [Token("symbol", letter) for letter in run]


def is_product(run: str) -> bool:
    """Whether bare letters are variables side by side (`ab`, `xyz`, `ABC`) and not a word."""
    if not (run.isascii() and run.isalpha()) or run.lower() in _SHORT_WORDS:
        return False
    increasing = list(run) == sorted(set(run))
    return len(run) < MAX_LETTERS or (len(run) == MAX_LETTERS and (run.isupper() or increasing))


def _of_operator(sign: str) -> list[Token]:
    kind: Kind = "text" if sign in _CURRENCY else "operator"
    return [Token(kind, COMMANDS.get(sign, sign))]


_COMMAND_KINDS: tuple[tuple[Kind, dict[str, str]], ...] = (
    ("function", FUNCTIONS),
    ("symbol", SYMBOLS),
    ("operator", COMMANDS),
)
_ESCAPED = {"{": r"\{", "}": r"\}", "|": "||"}
_MAKERS: dict[str, Callable[[str], list[Token]]] = {
    "text": _of_text,
    "command": _of_command,
    "letters": _of_letters,
    "number": lambda digits: [Token("number", digits)],
    "other": lambda word: _of_letters(word) if word in WORDS else [Token("text", word)],
    "row": lambda _: [Token("operator", r"\\")],
    "escaped": lambda char: _of_operator(_ESCAPED.get(char, char)),
    "operator": _of_operator,
}
