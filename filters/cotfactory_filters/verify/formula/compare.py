"""Compares two answers: what they are first, then their parts."""

from collections.abc import Callable
from fractions import Fraction

from cotfactory_filters.verify.formula.equations import same_equation
from cotfactory_filters.verify.formula.forms import plain_form, with_one_parameter
from cotfactory_filters.verify.formula.matrices import matrices_combined
from cotfactory_filters.verify.formula.nodes import CONSTANTS, PAIR, Node, symbols
from cotfactory_filters.verify.formula.numbers import Number
from cotfactory_filters.verify.formula.parts import COLLECTIONS, same_collection
from cotfactory_filters.verify.formula.regions import infinite_sign, is_region, same_region
from cotfactory_filters.verify.formula.rewrite import (
    aligned,
    both_signs,
    has,
    in_parts,
    label_and_value,
    mirrored,
)
from cotfactory_filters.verify.formula.scalars import Same, same_but_constant, same_value
from cotfactory_filters.verify.formula.units import Unit, read_unit

Rule = Callable[[Node, Node], Same | None]


def same(one: Node, other: Node) -> Same:
    """Whether the answer `other` is the reference `one`."""
    if one == other:
        return Same.YES
    one, other = plain_form(matrices_combined(one)), plain_form(matrices_combined(other))
    one, other = with_one_parameter(one, other)
    for rule in _RULES:
        outcome = rule(one, other)
        if outcome is not None:
            return outcome
    return same_value(one, aligned(one, other))


def _quantities(one: Node, other: Node) -> Same | None:
    """Compares values with units: two known units are converted, words are left out.

    A missing unit is no mistake: most references leave it out, and the problem names it.
    """
    if "quantity" not in (one.kind, other.kind):
        return None
    units = [read_unit(n.value) if n.kind == "quantity" else None for n in (one, other)]
    bare = [n.args[0] if n.kind == "quantity" else n for n in (one, other)]
    if units[0] and units[1] and units[0] != units[1]:
        if units[0].dimensions != units[1].dimensions:
            return Same.NO
        factor = Node("number", value=Number(units[1].factor / units[0].factor, None))
        bare[1] = Node("product", (bare[1], factor))
    elif any(unit and unit.times > 1 for unit in units) and None in units:
        return _counted(bare, units)
    return same(bare[0], bare[1])


def _counted(bare: list[Node], units: list[Unit | None]) -> Same:
    """Compares `5 million` with a bare number: with 5000000, or with 5 where all are millions."""
    whole = [
        Node("product", (n, Node("number", value=Number(Fraction(u.times), None)))) if u else n
        for n, u in zip(bare, units, strict=True)
    ]
    shown = same(bare[0], bare[1])
    return shown if shown is Same.YES else same(whole[0], whole[1])


def _residues(one: Node, other: Node) -> Same | None:
    """Compares numbers up to a modulus, which may go without saying."""
    if "residue" not in (one.kind, other.kind):
        return None
    bare = [n.args[0] if n.kind == "residue" else n for n in (one, other)]
    if one.kind == other.kind and same(one.args[1], other.args[1]) is not Same.YES:
        return Same.NO
    return same(bare[0], bare[1])


def _percents(one: Node, other: Node) -> Same | None:
    """Compares percentages: 28% is 28 to one who is asked for a percentage, and 0.28 always."""
    if "percent" not in (one.kind, other.kind):
        return None
    bare = [n.args[0] if n.kind == "percent" else n for n in (one, other)]
    shown = same(bare[0], bare[1])
    if shown is Same.YES or one.kind == other.kind:
        return shown
    return same_value(one, other)


def _degrees(one: Node, other: Node) -> Same | None:
    """Compares angles: the sign of degrees may be missing."""
    if "degree" not in (one.kind, other.kind):
        return None
    bare = [n.args[0] if n.kind == "degree" else n for n in (one, other)]
    shown = same(bare[0], bare[1])
    if shown is Same.YES or one.kind == other.kind:
        return shown
    in_radians = [_radians(n) if n.kind == "degree" else n for n in (one, other)]
    angle = other if one.kind == "degree" else one
    by_pi = symbols(angle) == {"pi"} or (angle.kind == "call" and angle.value in _ANGLES)
    return same_value(*in_radians) if by_pi else shown


_ANGLES = frozenset(("asin", "acos", "atan"))


def _radians(node: Node) -> Node:
    """Writes an angle in degrees as one in radians: what it is to one who writes with pi."""
    half_turn = Node("number", value=Number(Fraction(180), None))
    return Node("quotient", (Node("product", (*node.args, Node("symbol", value="pi"))), half_turn))


def _equations(one: Node, other: Node) -> Same | None:
    """Compares equations: with each other, with lists of them, or with a bare value."""
    equations = _is_equation(one), _is_equation(other)
    if all(equations):
        both_plain = len(one.args) == len(other.args) == PAIR
        return same_equation(one, other) if both_plain else _named_values(one, other)
    if any(equations) and "list" in (one.kind, other.kind):
        parts = in_parts(one), in_parts(other)
        if parts != (one, other):
            return same_collection(*parts, same)
        return _named_collection(one, other)
    return _equation_and_value(one, other) if any(equations) else None


def _named_collection(one: Node, other: Node) -> Same | None:
    """Compares `S = {1, 2}` with a bare list."""
    bare = []
    for node in (one, other):
        named = label_and_value(node) if _is_equation(node) else None
        bare.append(named[1] if named and named[1].kind in COLLECTIONS else node)
    return same(bare[0], bare[1]) if bare != [one, other] else None


def _equation_and_value(one: Node, other: Node) -> Same | None:
    equation, bare = (one, other) if _is_equation(one) else (other, one)
    named = label_and_value(equation)
    if named is None:  # `7 = 11a + c` names nothing and is no value
        return Same.NO if bare.kind in _SCALARS else None
    if is_region(bare):
        return None
    return same(named[1], bare) if equation is one else same(bare, named[1])


def _is_equation(node: Node) -> bool:
    return node.kind == "relation" and set(node.value) == {"="}


_SCALARS = frozenset(
    ("number", "symbol", "sum", "product", "quotient", "power", "negative", "call")
)


def _named_values(one: Node, other: Node) -> Same | None:
    named, named_too = label_and_value(one), label_and_value(other)
    return same(named[1], named_too[1]) if named and named_too else Same.UNKNOWN


def _signs(one: Node, other: Node) -> Same | None:
    """Writes ± as two values."""
    if not has(one, "plusminus") and not has(other, "plusminus"):
        return None
    return same(_spread(one), _spread(other))


def _spread(node: Node) -> Node:
    if node.kind in COLLECTIONS and node.kind != "matrix":
        parts = [both_signs(a) if has(a, "plusminus") else (a,) for a in node.args]
        return node._replace(args=tuple(part for pair in parts for part in pair))
    return Node("list", both_signs(node), ",") if has(node, "plusminus") else node


def _regions(one: Node, other: Node) -> Same | None:
    """Compares sets of numbers, however they are written."""
    if not is_region(one) and not is_region(other):
        return None
    if one.kind == other.kind == "relation" and symbols(one) != symbols(other):
        return Same.NO  # x > 3 and y > 3 are two answers
    found = same_region(one, other)
    if found is Same.UNKNOWN and one.kind == other.kind == "relation":
        found = _inequalities(one, other)
    if found is not Same.UNKNOWN or one.kind not in COLLECTIONS or other.kind not in COLLECTIONS:
        return found
    return same_collection(one, other, same)


def _inequalities(one: Node, other: Node) -> Same:
    """Compares inequalities in several unknowns, side by side: a > b is b < a."""
    pairs = [mirrored(node) for node in (one, other)]
    if pairs[0].value != pairs[1].value or len(one.args) != len(other.args):
        return Same.UNKNOWN
    outcomes = {same_value(a, b) for a, b in zip(pairs[0].args, pairs[1].args, strict=True)}
    return Same.YES if outcomes == {Same.YES} else Same.UNKNOWN


def _collections(one: Node, other: Node) -> Same | None:
    """Compares lists, tuples, sets, matrices and ratios; a set of one is its element."""
    kinds = (one.kind in COLLECTIONS, other.kind in COLLECTIONS)
    if all(kinds):
        return same_collection(one, other, same)
    if any(kinds):
        whole, single = (one, other) if kinds[0] else (other, one)
        if whole.kind == "set" and len(whole.args) == 1:
            return same(whole.args[0], single)
        if whole.kind == "ratio" and len(whole.args) == PAIR:
            return same(Node("quotient", whole.args, "/"), single)
        return Same.NO if len(whole.args) > 1 else Same.UNKNOWN
    return None


_CONSTANTS_OF_INTEGRATION = tuple(Node("symbol", value=name) for name in "Cc")


def _antiderivatives(one: Node, other: Node) -> Same | None:
    """Compares indefinite integrals, which end in `+ C`, up to a constant."""
    sums = (one, other)
    if any(n.kind != "sum" or n.args[-1] not in _CONSTANTS_OF_INTEGRATION for n in sums):
        return None
    bare = [n._replace(args=n.args[:-1]) for n in sums]
    return same_but_constant(bare[0], bare[1]) if symbols(bare[0]) - CONSTANTS else None


def _bases(one: Node, other: Node) -> Same | None:
    """Compares numbers with a base by their digits; a missing base is the one asked for."""
    if "based" not in (one.kind, other.kind):
        return None
    digits = [n.value if n.kind == "based" else (_digits(n), None) for n in (one, other)]
    if digits[0][0] != digits[1][0]:
        return Same.NO
    return Same.YES if None in (digits[0][1], digits[1][1]) else Same.NO


def _digits(node: Node) -> int | None:
    if node.kind != "number" or node.value.value.denominator != 1:
        return None
    return int(node.value.value)


def _infinities(one: Node, other: Node) -> Same | None:
    """Compares the signs of infinities; nothing else equals one."""
    if not has(one, "infinity") and not has(other, "infinity"):
        return None
    signs = infinite_sign(one), infinite_sign(other)
    if all(signs):
        return Same.YES if signs[0] == signs[1] else Same.NO
    plain = not (symbols(one) | symbols(other)) - CONSTANTS
    return Same.NO if plain else Same.UNKNOWN


_RULES: tuple[Rule, ...] = (
    _quantities,
    _residues,
    _percents,
    _degrees,
    _signs,
    _equations,
    _regions,
    _collections,
    _antiderivatives,
    _bases,
    _infinities,
)
