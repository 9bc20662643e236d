"""Who gave a verdict: a verifier in one version, with its settings; and whether it would again."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from cotfactory_filters.verify.base import Verifier
from cotfactory_filters.verify.registry import changed_settings, make_verifier
from cotfactory_schemas.recipe import VerifySettings
from cotfactory_schemas.verdict import Status

TIMEOUT, MEMORY = "verify.timeout_s", "verify.memory_mib"
"""How a verdict names the limit that it failed at; no setting of a verifier has a dot."""

NO_SANDBOX = "no_sandbox"
"""The `method` of a verdict that says no more than what this machine lacks."""


class Identity(NamedTuple):
    """A verifier as a recipe sets it up. `settings` are those that are not the defaults."""

    name: str
    version: int
    settings: Mapping[str, Any]
    timeout_s: float
    memory_mib: int

    @classmethod
    def of(cls, name: str, recipe: VerifySettings) -> Self:
        """Returns the identity of the verifier `name`; of one that is not there, version 0."""
        given = recipe.verifiers.get(name)
        try:
            verifier = make_verifier(name, given)
            settings = changed_settings(name, given)
        except ValueError:
            return cls(name, 0, {}, recipe.timeout_s, recipe.memory_mib)
        limit = timeout_of(verifier, VerifySettings().timeout_s)
        timeout_s = timeout_of(verifier, recipe.timeout_s)
        if timeout_s == limit:  # its own, which follows from its settings, or the default
            timeout_s = VerifySettings().timeout_s
        return cls(name, verifier.version, settings, timeout_s, recipe.memory_mib)

    def recorded(self, status: Status) -> dict[str, Any]:
        """Returns what a verdict records: settings that are not defaults, and a limit it hit."""
        default = VerifySettings()
        said = dict(self.settings)
        if status == "timeout" and self.timeout_s != default.timeout_s:
            said[TIMEOUT] = self.timeout_s
        if status == "error" and self.memory_mib != default.memory_mib:
            said[MEMORY] = self.memory_mib
        return said

    def stands(
        self, status: Status, method: str, version: int, recorded: Mapping[str, Any]
    ) -> bool:
        """Whether a verdict that recorded this would be given again.

        A higher limit can change what failed at a lower one, and nothing else.
        """
        default = VerifySettings()
        timeout_s: float = recorded.get(TIMEOUT, default.timeout_s)
        memory_mib: int = recorded.get(MEMORY, default.memory_mib)
        settings = {
            name: value for name, value in recorded.items() if name not in (TIMEOUT, MEMORY)
        }
        if (version, settings) != (self.version, self.settings) or method == NO_SANDBOX:
            return False
        if status == "timeout":
            return self.timeout_s <= timeout_s
        return status != "error" or self.memory_mib <= memory_mib


def timeout_of(verifier: Verifier, timeout_s: float) -> float:
    """Returns the seconds for one verdict: the verifier's own, or the recipe's `timeout_s`."""
    own: float = getattr(verifier, "timeout_s", timeout_s)
    return own
