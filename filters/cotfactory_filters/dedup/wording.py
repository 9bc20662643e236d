r"""The wording of a problem without its dressing, so that two typings of it read the same.

Sources of one problem differ in LaTeX dressing (`$x$`, `\(x\)`, `\dfrac12`, `\text{...}`), in
signs (≥, `\geq`), in spacing, and in links and credits at their ends.
"""

import polars as pl

_DRESSING = (
    (r"https?://\S+|(?m:^\s*~\S+\s*$)", " "),
    (
        r"\\(?:begin|end)\{(?:equation|align|aligned|gather|gathered|split|multline|center)\*?\}",
        " ",
    ),
    (r"\\(?:text|math|mbox|operatorname|emph|left|right|[bB]igg?|displaystyle|q?quad)[a-z]*", " "),
    (r"\\[dtc]?frac\s*(\d)\s*(\d)", " $1 $2"),
    (r"\\[dtc]?frac", " "),
    (r"\{,\}|,?\\!", ","),
    (r"(\d)\\,(\d\d\d)", "$1,$2"),
    (r"(\p{L})['’](?:s|t|d|m|re|ve|ll)\b", "$1"),
    (r"\b[aAI] +(\p{L}\p{L}|\$?\d)", "$1"),  # an article or a pronoun is no variable
    (r"°|\\degree|\^?\\circ\b|\^\{\\circ\}", " degrees "),
)
_SYNONYMS = {
    "geq": "ge", "geqslant": "ge", "≥": "ge", "⩾": "ge",
    "leq": "le", "leqslant": "le", "≤": "le", "⩽": "le",
    "neq": "ne", "≠": "ne", "×": "times", "·": "cdot", "π": "pi", "√": "sqrt", "∠": "angle",
    "△": "triangle", "∞": "infty", "cdots": "dots", "ldots": "dots", "…": "dots",
    "greatest": "maximum", "largest": "maximum", "max": "maximum", "maximal": "maximum",
    "least": "minimum", "smallest": "minimum", "min": "minimum", "minimal": "minimum",
}  # fmt: skip
_PIECE = (
    r"\d{1,3}(?:,\d\d\d)+\b|\d+(?:\.\d+)?|[\p{Han}\p{Hiragana}\p{Katakana}]"
    r"|\p{Lu}?[\p{Ll}\p{Lo}\p{Lt}\p{Lm}][\p{L}\p{M}]*|\p{Lu}|[≥⩾≤⩽≠×·√∠△∞…]"
)
"""Numbers, CJK characters, words, capitals one by one (AB is A B), and signs with a synonym."""
_TELLING = r"^(?:\d.*|[a-zA-Z]|sin|cos|tan|cot|sec|csc|log|ln|exp|gcd|lcm|maximum|minimum)$"


def tokens(text: pl.Expr) -> pl.Expr:
    """Returns the words, numbers and signs of `text`, without dressing and punctuation."""
    for pattern, replacement in _DRESSING:
        text = text.str.replace_all(pattern, replacement)
    token = pl.element().str.replace_all(",", "", literal=True)
    return text.str.extract_all(_PIECE).list.eval(token.replace(_SYNONYMS))


def symbols(found: pl.Expr) -> pl.Expr:
    """Returns the tokens that say what is given and sought: numbers, variables and functions.

    They are sorted. Where they differ, the problem is another one.
    """
    return found.list.eval(pl.element().filter(pl.element().str.contains(_TELLING)).sort())
