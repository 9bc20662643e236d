"""Units of measurement: which words are units, and whether two are the same."""

import functools
import re
from fractions import Fraction
from typing import NamedTuple

from cotfactory_filters.verify.formula.unit_names import AREAS, FOREIGN, MAGNITUDES, VOLUMES

# dimension, factor to the dimension's base unit
_UNITS: dict[str, tuple[str, str]] = {
    "m": ("length", "1"), "cm": ("length", "1/100"), "mm": ("length", "1/1000"),
    "km": ("length", "1000"), "nm": ("length", "1/1000000000"), "inch": ("length", "127/5000"),
    "in": ("length", "127/5000"), "ft": ("length", "381/1250"), "foot": ("length", "381/1250"),
    "feet": ("length", "381/1250"), "yard": ("length", "1143/1250"),
    "mile": ("length", "201168/125"),
    "mi": ("length", "201168/125"), "g": ("mass", "1"), "kg": ("mass", "1000"),
    "lb": ("mass", "45359237/100000"),
    "mg": ("mass", "1/1000"), "s": ("time", "1"), "sec": ("time", "1"), "ms": ("time", "1/1000"),
    "min": ("time", "60"), "h": ("time", "3600"), "hr": ("time", "3600"), "hour": ("time", "3600"),
    "second": ("time", "1"), "minute": ("time", "60"), "day": ("time", "86400"),
    "week": ("time", "604800"), "l": ("volume", "1"), "liter": ("volume", "1"),
    "litre": ("volume", "1"), "ml": ("volume", "1/1000"), "meter": ("length", "1"),
    "metre": ("length", "1"), "centimeter": ("length", "1/100"), "kilometer": ("length", "1000"),
    "gram": ("mass", "1"), "kilogram": ("mass", "1000"), "$": ("dollar", "1"),
    "dollar": ("dollar", "1"), "usd": ("dollar", "1"), "cent": ("dollar", "1/100"),
    "€": ("euro", "1"), "euro": ("euro", "1"), "£": ("pound sterling", "1"), "¥": ("yen", "1"),
    "degree": ("angle", "1"), "°": ("angle", "1"), "rad": ("radian", "1"), "j": ("energy", "1"),
    "kj": ("energy", "1000"), "ev": ("electronvolt", "1"), "erg": ("energy", "1/10000000"),
    "n": ("force", "1"), "w": ("power", "1"), "kw": ("power", "1000"), "v": ("voltage", "1"),
    "a": ("current", "1"), "k": ("temperature", "1"), "hz": ("frequency", "1"),
    "mol": ("amount", "1"), "t": ("mass", "1000000"), "month": ("months", "1"),
    "year": ("months", "12"), "ruble": ("ruble", "1"), "yuan": ("yuan", "1"), "yen": ("yen", "1"),
    "won": ("won", "1"), "rupiah": ("rupiah", "1"),
    "pa": ("pressure", "1"), "kpa": ("pressure", "1000"), "atm": ("pressure", "101325"),
    "mph": ("mph", "1"), "kmh": ("km/h", "1"),
}  # fmt: skip
_SHORT = frozenset(("in", "min", "mol", "rad", "day", "sec", "erg", "atm", "mph", "usd", "kmh"))
_PART = re.compile(r"([/·*]|per\b)?\s*([^\W\d_]+|[$€£¥°])(?:\s*\^?\s*(-?\d))?")
_FILLER = frozenset(
    ("square", "cubic", "sq", "cu", "of", "the", "about", "approximately", "a", "an", "de", "d")
)
_POWERS = {
    "square": 2, "sq": 2, "cubic": 3, "cu": 3, "кв": 2, "куб": 3, "квадратный": 2,
    "квадратных": 2, "кубических": 3,
}  # fmt: skip
_POWERS_BEHIND = {
    "carré": 2, "carrés": 2, "cube": 3, "cubes": 3, "cuadrado": 2, "cuadrados": 2, "cúbico": 3,
    "cúbicos": 3, "quadrado": 2, "quadrados": 2, "quadrati": 2, "cubi": 3,
}  # fmt: skip


_WORDS = re.compile(r"\\(?:text|textrm|mathrm|mbox)\s*\{([^{}]*)\}")
_QUANTITY = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*([^\W\d_]+)")
_SEVERAL = re.compile(
    rf"{_QUANTITY.pattern}(?:\s*(?:,|and|et|und|y|e|и)?\s*{_QUANTITY.pattern}){{1,2}}"
)

_LETTER_UNITS = frozenset("mghsNJWVAKLCFTH")


class Unit(NamedTuple):
    """Powers of dimensions, and the factor to their base units.

    `times` is the part of the factor that a word such as million gives.
    """

    dimensions: frozenset[tuple[str, int]]
    factor: Fraction
    times: int = 1


def is_unit(word: str) -> bool:
    """Whether bare letters after a number are surely a unit, and no product of variables.

    Other languages' names do not count: `an` is a year in French, and a times n.
    """
    plain = word.lower()
    return len(plain) > 1 and plain not in FOREIGN and _singular(plain) in _UNITS


def single_letter_unit(name: str) -> bool:
    """Whether a symbol may be a unit: `m` after a number is metres or a variable."""
    return name in _LETTER_UNITS


@functools.lru_cache(maxsize=4096)
def read_unit(text: str) -> Unit | None:
    """Reads a unit such as `km / h`, `cm ^ 2` or `million dollars`.

    None when a word is no unit we know.
    """
    dimensions: dict[str, int] = {}
    factor, sign, exponent, times = Fraction(1), 1, 1, 1
    last = ""
    for slash, word, power in _PART.findall(text):
        sign = -1 if slash in ("/", "per") else sign
        name, prefixed = _named(word)
        exponent = prefixed or _POWERS.get(name, exponent)
        if name in _FILLER or name in _POWERS:
            continue
        if name in MAGNITUDES:
            times *= 10 ** MAGNITUDES[name]
            continue
        if name in _POWERS_BEHIND and last:
            name, exponent = last, _POWERS_BEHIND[name] - 1
        if name not in _UNITS:
            return None
        power_of = sign * (int(power) if power else exponent)
        dimension, size = _UNITS[name]
        dimensions[dimension] = dimensions.get(dimension, 0) + power_of
        factor *= Fraction(size) ** power_of
        exponent, last = 1, name
    if not dimensions and times == 1:
        return None
    return Unit(frozenset((d, p) for d, p in dimensions.items() if p), factor * times, times)


def _named(word: str) -> tuple[str, int]:
    """Returns the English name or symbol of a unit, and the power that its first part says."""
    if word == "K":
        return word, 0
    name = word.lower()
    for power, prefixes in ((2, AREAS), (3, VOLUMES)):
        for prefix in prefixes:
            if name.startswith(prefix) and name != prefix:
                return _singular(name.removeprefix(prefix)), power
    return _singular(name), 0


def _singular(name: str) -> str:
    name = FOREIGN.get(name, name)
    if name in _UNITS:
        return name
    if name == "inches":
        return "inch"
    return name.removesuffix("s") if name not in _POWERS_BEHIND else name


def summed(text: str) -> str | None:
    """Writes `1 h 30 min` or `5 feet and 6 inches` as one quantity, in its last unit.

    None unless `text` is two or three numbers with units of one dimension that become smaller.
    """
    bare = _WORDS.sub(r" \1 ", text).replace("\\ ", " ").replace("~", " ").strip(" .$")
    if not _SEVERAL.fullmatch(bare):
        return None
    parts = [(Fraction(n), read_unit(u)) for n, u in _QUANTITY.findall(bare)]
    units = [unit for _, unit in parts if unit and unit.dimensions and unit.times == 1]
    factors = [unit.factor for unit in units]
    if len(units) != len(parts) or len({unit.dimensions for unit in units}) != 1:
        return None
    if factors != sorted(set(factors), reverse=True):
        return None
    total = sum(n * factor for (n, _), factor in zip(parts, factors, strict=True)) / factors[-1]
    if total.denominator != 1:
        return None
    return rf"{total.numerator} \text{{{_QUANTITY.findall(bare)[-1][1]}}}"
