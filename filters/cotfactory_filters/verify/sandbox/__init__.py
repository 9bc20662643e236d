"""A place for programs that models wrote: nothing to read, nobody to talk to, little to use up."""

from cotfactory_filters.verify.sandbox.limits import Limits, StoppedError, UnavailableError
from cotfactory_filters.verify.sandbox.sandbox import Sandbox

__all__ = ["Limits", "Sandbox", "StoppedError", "UnavailableError"]
