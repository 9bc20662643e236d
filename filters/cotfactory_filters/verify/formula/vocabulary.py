"""The words and commands of the grammar; a command in none of these makes an answer unreadable."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_SAME_NAME = _words(
    "sin cos tan cot sec csc sinh cosh tanh coth exp ln log sqrt max min gcd lcm floor ceil abs"
)
FUNCTIONS: dict[str, str] = {name: name for name in _SAME_NAME} | {
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "asin": "asin", "acos": "acos",
    "atan": "atan", "arsinh": "asinh", "arcosh": "acosh", "artanh": "atanh", "arcsinh": "asinh",
    "lg": "lg", "tg": "tan", "ctg": "cot", "sen": "sin", "arcsen": "asin", "arctg": "atan",
    "cotg": "cot", "cotan": "cot", "cosec": "csc",
    "Re": "re", "Im": "im",
}  # fmt: skip
"""Named functions by how they are written: with a backslash, or as bare letters."""

SET_UPRIGHT: dict[str, str] = {"sh": "sinh", "ch": "cosh", "th": "tanh"}
"""Functions of French and Russian schools; as bare letters they are products."""

_GREEK = _words(
    """alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi rho varrho sigma
    varsigma tau upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi
    Omega hbar ell nabla partial odot"""
)
SYMBOLS: dict[str, str] = {name: name for name in _GREEK} | {
    "varphi": "phi", "varepsilon": "epsilon", "vartheta": "theta", "pi": "pi", "infty": "infinity",
    "infinity": "infinity", "inf": "infinity", "Infinity": "infinity", "oo": "infinity",
    "imath": "i", "jmath": "j", "emptyset": "emptyset", "varnothing": "emptyset",
    "exponentialE": "e",
}  # fmt: skip
"""Symbols of more than one letter; spellings of one letter are one symbol."""

COMMANDS: dict[str, str] = {
    "cdot": "*", "times": "*", "ast": "*", "div": "/", "pm": "±", "mp": "∓", "leq": "<=",
    "le": "<=", "leqslant": "<=", "leqq": "<=", "geq": ">=", "ge": ">=", "geqslant": ">=",
    "geqq": ">=", "lt": "<", "gt": ">", "neq": "!=", "ne": "!=", "approx": "=", "simeq": "=",
    "in": "in", "cup": "union", "cap": "intersection", "setminus": "minus", "backslash": "minus",
    "lbrace": r"\{", "rbrace": r"\}", "lbrack": "[", "rbrack": "]", "langle": "(", "rangle": ")",
    "lgroup": "(", "rgroup": ")", "vert": "|", "lvert": "|", "rvert": "|", "mid": "|",
    "Vert": "||", "lVert": "||", "rVert": "||", "lfloor": "lfloor", "rfloor": "rfloor",
    "lceil": "lceil", "rceil": "rceil", "llcorner": "lfloor", "lrcorner": "rfloor",
    "ulcorner": "lceil", "urcorner": "rceil", "colon": ":", "land": "and", "wedge": "and",
    "lor": "or", "vee": "or", "cr": r"\\", "prime": "'", "equiv": "=", "percent": "%",
    "mod": "mod", "bmod": "mod", "==": "=", "**": "^",
}  # fmt: skip
"""Operators and brackets by command, with the one spelling that the grammar knows."""

WORDS: dict[str, str] = {
    "and": "and", "or": "or", "und": "and", "et": "and", "oder": "or", "ou": "or",
    "percent": "%", "pct": "%", "union": "union", "mod": "mod", "и": "and", "или": "or",
    "oppure": "or", "和": "and", "与": "and", "及": "and", "以及": "and", "且": "and", "と": "and",
    "或": "or", "或者": "or", "または": "or", "atau": "or", "hoặc": "or",
}  # fmt: skip
"""Words that are operators, in the languages of the data we publish."""

SKIPPED = frozenset(
    _words(
        """angle triangle left right mleft mright big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr
    Biggl Biggr middle quad qquad thinspace medspace thickspace enspace displaystyle textstyle
    scriptstyle limits nolimits hfill hspace vspace phantom rm bf it cal tt boldmath unicode
    nonumber notag"""
    )
)
"""Commands that only change how a formula looks."""

LETTER_STYLES = frozenset(
    _words(
        """mathbf mathit mathsf mathtt mathcal mathfrak mathscr boldsymbol bm vec overrightarrow
    underline hat widehat tilde bar boxed fbox ensuremath variable"""
    )
)
"""Commands that style the letter or group after them; the letter is the same."""

TEXT_COMMANDS = _words(
    """text textbf textit textrm textnormal texttt textsf textsc mbox hbox mathrm operatorname
    mathop textup"""
)
"""Commands whose argument is words, or letters set upright."""
