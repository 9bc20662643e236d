"""Units of measurement: which words are units, and whether two are the same."""

import functools
import re
from fractions import Fraction
from typing import NamedTuple

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
    "mol": ("amount", "1"),
    "pa": ("pressure", "1"), "kpa": ("pressure", "1000"), "atm": ("pressure", "101325"),
    "mph": ("mph", "1"), "kmh": ("km/h", "1"),
}  # fmt: skip
_SHORT = frozenset(("in", "min", "mol", "rad", "day", "sec", "erg", "atm", "mph", "usd", "kmh"))
_PART = re.compile(r"([/·*]|per\b)?\s*([^\W\d_]+|[$€£¥°])(?:\s*\^?\s*(-?\d))?")
_FILLER = frozenset(
    ("square", "cubic", "sq", "cu", "of", "the", "about", "approximately", "a", "an")
)


_LETTER_UNITS = frozenset("mghsNJWVAKLCFTH")


class Unit(NamedTuple):
    """Powers of dimensions, and the factor to their base units."""

    dimensions: frozenset[tuple[str, int]]
    factor: Fraction


def is_unit(word: str) -> bool:
    """Whether bare letters after a number are surely a unit, and no product of variables."""
    plain = word.lower()
    return len(plain) > 1 and _singular(plain) in _UNITS


def single_letter_unit(name: str) -> bool:
    """Whether a symbol may be a unit: `m` after a number is metres or a variable."""
    return name in _LETTER_UNITS


@functools.lru_cache(maxsize=4096)
def read_unit(text: str) -> Unit | None:
    """Reads a unit such as `km / h` or `cm ^ 2`; None when a word is no unit we know."""
    dimensions: dict[str, int] = {}
    factor, sign, exponent = Fraction(1), 1, 1
    for slash, word, power in _PART.findall(text):
        sign = -1 if slash in ("/", "per") else sign
        name = _singular(word if word == "K" else word.lower())
        exponent = {"square": 2, "sq": 2, "cubic": 3, "cu": 3}.get(name, exponent)
        if name in _FILLER:
            continue
        if name not in _UNITS:
            return None
        power_of = sign * (int(power) if power else exponent)
        dimension, size = _UNITS[name]
        dimensions[dimension] = dimensions.get(dimension, 0) + power_of
        factor *= Fraction(size) ** power_of
        exponent = 1
    if not dimensions:
        return None
    return Unit(frozenset((d, p) for d, p in dimensions.items() if p), factor)


def _singular(name: str) -> str:
    name = name.lower()
    if name in _UNITS:
        return name
    if name == "inches":
        return "inch"
    return name.removesuffix("s")
