r"""What languages write differently, rewritten to the one form that the grammar reads.

Each rule says who writes so. What could mean two things is no rule but another spelling, which
`spellings` adds: an answer is right when one of its readings is.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction

from cotfactory_filters.verify.formula.plain import AMBIGUOUS_POINT, DECIMAL_COMMA
from cotfactory_filters.verify.formula.units import summed

_JOINTS: Mapping[str, Mapping[str, str]] = {
    "ca": {"i": "and", "o": "or"}, "cs": {"a": "and", "nebo": "or"}, "da": {"og": "and"},
    "es": {"y": "and", "e": "and", "o": "or", "u": "or"}, "it": {"e": "and", "o": "or"},
    "nb": {"og": "and"}, "nl": {"en": "and", "of": "or"}, "no": {"og": "and"},
    "pl": {"i": "and", "lub": "or"}, "pt": {"e": "and"}, "sv": {"och": "and"},
    "tr": {"ve": "and", "veya": "or"}, "vi": {"và": "and", "hoặc": "or"},
}  # fmt: skip
"""Words between answers that are a variable, a number or another word elsewhere."""

_NOTHING = r"\emptyset"
_ANY = r"\mathbb{R}"
_PHRASES: Mapping[str, str] = {
    "no solution": _NOTHING, "no solutions": _NOTHING, "no real solution": _NOTHING,
    "no real solutions": _NOTHING, "empty set": _NOTHING, "the empty set": _NOTHING,
    "aucune solution": _NOTHING, "pas de solution": _NOTHING, "ensemble vide": _NOTHING,
    "keine lösung": _NOTHING, "leere menge": _NOTHING, "sin solución": _NOTHING,
    "no tiene solución": _NOTHING, "conjunto vacío": _NOTHING, "nessuna soluzione": _NOTHING,
    "sem solução": _NOTHING, "нет решений": _NOTHING, "решений нет": _NOTHING,
    "пустое множество": _NOTHING, "无解": _NOTHING, "空集": _NOTHING, "無解": _NOTHING,
    "解なし": _NOTHING, "空集合": _NOTHING, "all real numbers": _ANY, "all reals": _ANY,
    "any real number": _ANY, "alle reellen zahlen": _ANY, "todos los números reales": _ANY,
    "tous les réels": _ANY, "全体实数": _ANY, "一切实数": _ANY, "全体実数": _ANY,
    "любое действительное число": _ANY,
}  # fmt: skip
_DRESS = re.compile(r"\\(?:text|textrm|textbf|mathrm|mbox)\s*\{([^{}]*)\}")

_REALS = re.compile(
    r"\\mathbb\s*(?:\{R\}|R)"
    r"(?P<marks>(?:[_^](?:\{(?:\\[gl]eq? ?0|[<>] ?0|[-+*]+|\\ast)\}|[-+*]|\\ast)){1,2})"
)
_RAISED_REALS = re.compile(r"\\mathbb\s*(?:\{R\}|R)\^(?:\{([-+])\}|([-+]))(?![_^*])")
_HALVES = {
    frozenset("+"): r"[0,\infty)",
    frozenset("-"): r"(-\infty,0]",
    frozenset("+*"): r"(0,\infty)",
    frozenset("-*"): r"(-\infty,0)",
    frozenset("*"): r"(\mathbb{R}\setminus\{0\})",
}
_RAISED = ("^+", "^-", "^{+}", "^{-}")
_MYRIADS = {"万": 4, "萬": 4, "만": 4, "亿": 8, "億": 8, "억": 8}
_COUNTED = re.compile(
    rf"(?:\d{{1,9}}(?:\.\d{{1,9}})?[{''.join(_MYRIADS)}])+(?:\d{{1,4}}(?![\d.]))?"
)
_COUNT = re.compile(rf"(\d+(?:\.\d+)?)([{''.join(_MYRIADS)}]?)")
_ENDLESS = re.compile(r"(?<![\d.])(\d{1,9}\.\d{0,9}?)(\d{1,6}?)\2+(?:\.\.\.|\\[lc]?dots(?![a-z]))")
_BAR_POINT = re.compile(r"\(([^()|]*\d[^()|]*)\|([^()|]*\d[^()|]*)(?:\|([^()|]*\d[^()|]*))?\)")
_HOURS = re.compile(r"(?<![\d.,:])(\d{1,3})\s?h\s?([0-5]\d)(?:\s?min)?(?![\w.,])")
_IN_BRACKETS = re.compile(r"[(\[{\]][^()\[\]{}]*\d,\d[^()\[\]{}]*[)\]}\[]")


def localised(text: str, language: str) -> str:
    """Returns `text`, which has plain characters, as the grammar reads it."""
    bare = _DRESS.sub(r"\1", text).strip(" .$").casefold()
    if bare in _PHRASES:
        return _PHRASES[bare]
    if language == "fr":
        text = _RAISED_REALS.sub(lambda m: rf"\mathbb{{R}}_{{{m[1] or m[2]}}}", text)
    for pattern, replacement in _EVERYWHERE:
        text = pattern.sub(replacement, text)
    if language in DECIMAL_COMMA:
        text = re.sub(r"(?<=\d)\s*\{\s*,\s*\}\s*(?=\d)", ",", text)
    if language == "de":
        text = _BAR_POINT.sub(lambda m: f"({';'.join(filter(None, m.groups()))})", text)
    if language == "es":
        text = re.sub(r"(?<=\d)'(?=\d)", ".", text)
    text = summed(text) or text
    joints = _JOINTS.get(language)
    if joints:
        text = _framed(joints).sub(lambda m: f" {joints[m[1]]} ", text)
    return text


def spellings(text: str, language: str) -> Iterator[tuple[str, str]]:
    """Yields further spellings of `text`, each with the language to read it in.

    - In languages with a decimal comma, `12.000` may be twelve thousand, and a comma between
      brackets without a semicolon may part coordinates: models write both ways.
    - A conjunction of one letter (`2 y 3`, `2 e 3`) is a variable or a number elsewhere.
    """
    if language in DECIMAL_COMMA:
        if AMBIGUOUS_POINT.search(text):
            yield AMBIGUOUS_POINT.sub(lambda m: m[0].replace(".", ""), text), language
        if ";" not in text and _IN_BRACKETS.search(text):
            yield text, "en"
    joints = _JOINTS.get(language)
    if joints and (bare := _between(joints)).search(text):
        yield bare.sub(lambda m: f" {joints[m[1]]} ", text), language


def _framed(words: Mapping[str, str]) -> re.Pattern[str]:
    return re.compile(rf"\\(?:text|mathrm|mbox)\s*\{{[\s~]*({'|'.join(words)})[\s~]*\}}")


def _between(words: Mapping[str, str]) -> re.Pattern[str]:
    return re.compile(rf"(?<=[\w)}}\]$])\s+({'|'.join(words)})\s+(?=\S)")


def _half(match: re.Match[str]) -> str:
    r"""Writes `\mathbb{R}_+^*` (French: positive, 0 left out) and `\mathbb{R}_{>0}` as intervals.

    `\mathbb{R}^+` is positive too, but in French, where it holds 0.
    """
    marks = match["marks"].replace(r"\ast", "*")
    if "0" in marks:
        sign = "-" if "<" in marks or "le" in marks else "+"
        strict = "" if re.search(r"\\[gl]e", marks) else "*"
        return _HALVES[frozenset(sign + strict)]
    if marks in _RAISED:
        marks += "*"
    return _HALVES.get(frozenset(marks) - frozenset("_^{}"), match[0])


def _myriads(match: re.Match[str]) -> str:
    """Writes `3.5万` (Chinese, Japanese, Korean: ten thousands) and `3億5000万` as numbers."""
    parts = [Fraction(n) * 10 ** _MYRIADS.get(unit, 0) for n, unit in _COUNT.findall(match[0])]
    total = sum(parts, Fraction(0))
    return str(total) if total.denominator == 1 else match[0]


def _repeating(match: re.Match[str]) -> str:
    """Writes `0.1666...` as the fraction that it goes on to be."""
    start, period = match[1], match[2]
    places = len(start.partition(".")[2])
    value = Fraction(start.rstrip(".")) + Fraction(
        int(period), 10**places * (10 ** len(period) - 1)
    )
    return rf"\frac{{{value.numerator}}}{{{value.denominator}}}"


_EVERYWHERE: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (_REALS, _half),
    (_COUNTED, _myriads),
    (_ENDLESS, _repeating),
    (re.compile(r"(\d\.\d+)\.\.\."), r"\1\\dots "),  # cut off: not the decimal that is left
    (re.compile(r"\(\s*(?:\\[bp]?mod|mod|\\text\{\s*mod\s*\})\s*(\d+)\s*\)"), r"\\pmod{\1}"),
    (re.compile(r"\{([^{}]*)\\choose([^{}]*)\}"), r"\\binom{\1}{\2}"),  # plain TeX
    (re.compile(r"\{([^{}]*)\\over(?![a-z])([^{}]*)\}"), r"\\frac{\1}{\2}"),
    (re.compile(r"(?<=[^\W\d_]{2})\.(?=\s+[^\W\d_])"), ""),  # an abbreviation: 5 тыс. рублей
    (_HOURS, r"\1 h \2 min"),  # 1h30, as in French
    (re.compile(r"(?<=\d)\s*又\s*(?=\d)"), " "),  # a mixed fraction in Chinese: 3又1/2
    (re.compile(r"(\d+)\s*分(?:之|の)\s*(\d+)"), r"\\frac{\2}{\1}"),  # 3分之2, 3分の2
    (re.compile(r"(?<=\d)\s*\{\s*,\s*\}\s*(?=\d{1,2}(?!\d))"), "."),  # 1{,}5 is no thousand
)
