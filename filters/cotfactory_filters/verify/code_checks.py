"""What the verifier `code` needs of a problem, in our own form and in those of public data sets."""

import json
from typing import Any

from pydantic import Field, field_validator

from cotfactory_schemas import Settings


class InputOutput(Settings):
    """What a whole program reads, and what it must write."""

    input: str
    output: str


class Paired(Settings):
    """Tests as APPS and TACO have them."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    fn_name: str | None = None

    @property
    def tests(self) -> list[dict[str, Any]]:
        """The same, test by test."""
        pairs = zip(self.inputs, self.outputs, strict=True)
        return [{"input": given, "output": o, "fn_name": self.fn_name} for given, o in pairs]


class CodeChecks(Settings):
    """The tests of a problem: either `tests`, or `io`.

    `tests` are Python asserts about a function, alone or in a `check(candidate)` (then
    `entry_point` names the function). `prelude` is code that stands before both program and
    tests: imports and helpers that the prompt gives. With `io`, numbers with a decimal point
    count as equal within `tolerance`, absolute or relative.

    `io` may be JSON text, and may have the form `{inputs: [], outputs: []}` of APPS and TACO or
    the one `[{input, output, type, fn_name}]` of SYNTHETIC-1.
    """

    tests: str | tuple[str, ...] = ""
    entry_point: str | None = None
    prelude: str = ""
    io: tuple[InputOutput, ...] = ()
    tolerance: float = Field(default=1e-6, ge=0)

    @field_validator("io", mode="before")
    @classmethod
    def _of_public_form(cls, given: Any) -> Any:  # noqa: ANN401 - whatever a problem brings
        read = json.loads(given) if isinstance(given, str) else given
        if isinstance(read, dict):
            read = Paired.model_validate(read).tests
        if not isinstance(read, list | tuple):
            return read
        if any(isinstance(test, dict) and test.get("fn_name") for test in read):
            raise ValueError("calls of a function (fn_name): give them as asserts in `tests`")
        return [_without_type(test) for test in read]

    @property
    def source(self) -> str:
        """The tests as one text."""
        return self.tests if isinstance(self.tests, str) else "\n".join(self.tests)


def _without_type(test: Any) -> Any:  # noqa: ANN401 - whatever a problem brings
    if not isinstance(test, dict):
        return test
    return {name: value for name, value in test.items() if name not in ("type", "fn_name")}
