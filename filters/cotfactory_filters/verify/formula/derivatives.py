"""Derivatives as names: dv/dt is one symbol, not a quotient of products."""

import re

from cotfactory_filters.verify.formula.nodes import PAIR, Node, integer

DERIVATIVE = re.compile(r"d(\d?)(\w+)/d\1\w+")
"""A derivative's name: its order, if it is not the first, and what is derived."""


def is_derivative(name: str) -> bool:
    """Whether a symbol is a derivative: dv/dt, v'."""
    return bool(DERIVATIVE.fullmatch(name)) or name.endswith("'")


def quotient_or_derivative(top: Node, bottom: Node) -> Node:
    """Makes dv/dt and d²v/dt² symbols; every other fraction is a quotient."""
    above, below = _differential(top), _differential(bottom)
    if above is None or below is None:
        return Node("quotient", (top, bottom))
    return Node("symbol", value=f"{above}/{below}")


def _differential(node: Node) -> str | None:
    """Returns `dv` for a product of d and a symbol, with the powers of either."""
    if node.kind != "product" or len(node.args) != PAIR:
        return None
    first, power = _power_of_symbol(node.args[0])
    second, other_power = _power_of_symbol(node.args[1])
    if first != "d" or second is None or "1" not in (power, other_power):
        return None
    name = second.partition("(")[0]
    order = power if power != "1" else other_power
    return f"d{name}" if order == "1" else f"d{order}{name}"


def _power_of_symbol(node: Node) -> tuple[str | None, str]:
    base, exponent = node.args if node.kind == "power" else (node, None)
    name = base.value if base.kind == "symbol" else None
    return name, str(integer(exponent)) if exponent is not None else "1"
