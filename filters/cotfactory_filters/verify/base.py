"""What a verifier is."""

from typing import Any, ClassVar, Protocol

from cotfactory_schemas import Problem, Settings, Trace, Verdict
from cotfactory_schemas.verdict import Status


class Verifier(Protocol):
    """Says whether a trace answers its problem.

    `verify` is a pure function of its arguments. It runs in a worker process with a time and a
    memory limit, never evaluates model text, and answers every expected outcome with a verdict:
    an exception is a defect of the verifier and becomes status `error`.

    A class is made as `Class(settings)`, where `settings` is an instance of its class variable
    `settings_model` (`NoSettings` where it has none). A verifier that needs more or less time than
    the recipe's `verify.timeout_s` says so in an attribute `timeout_s`.
    """

    name: ClassVar[str]
    version: ClassVar[int]

    def verify(self, problem: Problem, trace: Trace) -> Verdict:
        """Judges `trace` against `problem`."""
        ...


class NoSettings(Settings):
    """For plugins that have nothing to set."""


def verdict(
    verifier: Verifier,
    trace: Trace,
    status: Status,
    **seen: Any,  # noqa: ANN401 - fields of Verdict, which checks them
) -> Verdict:
    """Builds the verdict of `verifier` on `trace`; `seen` are further fields of Verdict."""
    return Verdict(
        trace_id=trace.trace_id,
        status=status,
        verifier=verifier.name,
        version=verifier.version,
        **seen,
    )
