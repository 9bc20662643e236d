"""Plugins by name: ours from a dict, others' from entry points, imported when first needed."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any


class UnknownPluginError(ValueError):
    """No plugin of that name; the message lists the known ones."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Returns a hint that starts with a space, or lists what is known when nothing is close."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1)
    return f" Did you mean {close[0]!r}?" if close else f" Known: {', '.join(names)}."


@dataclass(frozen=True)
class Registry:
    """Maps names to `module:Class`. Entry points of `group` add names and cannot replace ours."""

    what: str
    group: str
    shipped: Mapping[str, str]

    def names(self) -> list[str]:
        """All known names, sorted."""
        return sorted(self._places())

    def load(self, name: str) -> Any:  # noqa: ANN401 - the class that the caller's protocol asks for
        """Imports the plugin's class.

        Raises:
            UnknownPluginError: there is none of that name.
        """
        places = self._places()
        if name not in places:
            raise UnknownPluginError(f"no {self.what} {name!r}.{did_you_mean(name, places)}")
        module, _, attribute = places[name].partition(":")
        return getattr(import_module(module), attribute)

    def _places(self) -> dict[str, str]:
        return {found.name: found.value for found in entry_points(group=self.group)} | dict(
            self.shipped
        )
