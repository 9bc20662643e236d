"""Judges Python programs by their tests, in a sandbox, comparing outside of it."""

import secrets
import sys
import time
from typing import Any, ClassVar, NamedTuple

from pydantic import Field, ValidationError

from cotfactory_filters.verify.assertions import Case, Suite, read_suite
from cotfactory_filters.verify.base import verdict
from cotfactory_filters.verify.code_checks import CodeChecks
from cotfactory_filters.verify.identity import NO_SANDBOX
from cotfactory_filters.verify.outputs import same_output
from cotfactory_filters.verify.programs import final_program
from cotfactory_filters.verify.sandbox import Limits, Sandbox, StoppedError, UnavailableError, wire
from cotfactory_filters.verify.sandbox.run import Run
from cotfactory_schemas import Problem, Settings, Trace, Verdict
from cotfactory_schemas.verdict import Status

START_S = 10.0  # to start a sandbox again within an item, on a busy machine


class CodeSettings(Settings):
    """`limits` hold for one program and one input; `total_s` for all inputs of a problem.

    `modules` are packages that programs may import beside the standard library, such as numpy.
    `allow_unsafe` runs programs without a sandbox where there is none: on a machine with nothing
    to lose only. Every verdict says so.
    """

    limits: Limits = Limits()
    total_s: float = Field(default=60.0, gt=0)
    modules: tuple[str, ...] = ()
    allow_unsafe: bool = False


class Judged(NamedTuple):
    """What the tests said, and which way they were run."""

    status: Status
    method: str
    detail: str = ""


class CodeVerifier:
    """Runs programs where they can do no harm, and believes nothing that they say of themselves.

    `method` says how results were compared, strongest first:

    - `values`: inputs went in, results came out, compared here with the expected ones, which the
      program's process never sees; so for `output`, with whole programs.
    - `tests`: tests that must be run ran in a second sandbox, which asked the program's for each
      result. As strong, except where tests call several of the program's functions or classes
      (`tests_with_helpers`): there one of them could vouch for another.
    """

    name: ClassVar[str] = "code"
    version: ClassVar[int] = 1
    settings_model: ClassVar[type[Settings]] = CodeSettings

    def __init__(self, settings: CodeSettings | None = None) -> None:
        self.settings = settings or CodeSettings()
        self._sandbox = Sandbox(
            self.settings.limits,
            modules=self.settings.modules,
            allow_unsafe=self.settings.allow_unsafe,
        )

    @property
    def timeout_s(self) -> float:
        """How long one verdict may take."""
        return self.settings.total_s + self.settings.limits.wall_s + START_S

    def prepare(self) -> None:
        """Starts the sandbox; `verify` says so when there is none."""
        try:
            self._sandbox.start()
        except UnavailableError:
            return

    def close(self) -> None:
        """Ends the sandbox; the next verdict starts it again."""
        self._sandbox.close()

    def verify(self, problem: Problem, trace: Trace) -> Verdict:
        """Runs the last program in the response of `trace` against the tests of `problem`."""
        try:
            checks = CodeChecks.model_validate(problem.checks)
            suite = _suite(checks)
            self._sandbox.start()
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            return verdict(self, trace, "unverifiable", detail=f"checks.{where}: {first['msg']}")
        except UnavailableError as error:
            return verdict(self, trace, "unverifiable", method=NO_SANDBOX, detail=str(error))
        except ValueError as error:
            return verdict(self, trace, "unverifiable", detail=str(error))
        program = final_program(trace.response, suite.wanted)
        if program is None:
            return verdict(self, trace, "unparsable", detail="the response holds no Python program")
        started = time.monotonic()
        judged = self._judged(program.source, checks, suite)
        held = f"in {self._sandbox.layer}, {self.settings.limits}"
        return verdict(
            self,
            trace,
            judged.status,
            method=judged.method,
            found=program.found,
            extracted=program.source,
            detail=f"{judged.detail}; {held}" if judged.detail else held,
            seconds=time.monotonic() - started,
        )

    def _judged(self, program: str, checks: CodeChecks, suite: Suite) -> Judged:
        try:
            if checks.io:
                return self._by_output(program, checks)
            if suite.cases is not None:
                return self._by_values(program, checks.prelude, suite.cases)
            return self._by_tests(program, checks, suite)
        except UnavailableError as error:
            return Judged("error", "", str(error))
        except BaseException:
            self._sandbox.close()  # a time limit struck anywhere: nothing half done stays
            raise

    def _by_values(self, program: str, prelude: str, cases: list[Case]) -> Judged:
        with self._sandbox.run("serve") as run:
            try:
                _load(run, program, prelude)
                for position, case in enumerate(cases, 1):
                    reply = _ask(run, _question(case))
                    if "value" not in reply:
                        return Judged("incorrect", "values", f"test {position}: {_fault(reply)}")
                    if not case.holds(wire.decode(reply["value"])):
                        return Judged("incorrect", "values", f"test {position} of {len(cases)}")
            except (StoppedError, wire.WireError, RecursionError) as stopped:
                return _stopped(stopped, "values")
        return Judged("correct", "values", f"{len(cases)} tests")

    def _by_tests(self, program: str, checks: CodeChecks, suite: Suite) -> Judged:
        with self._sandbox.run("serve") as run, self._sandbox.run("tests") as tests:
            try:
                brings = _load(run, program, checks.prelude)
                asked = suite.wanted & brings.functions
                modules = suite.wanted & brings.modules & sys.stdlib_module_names
                method = "tests" if len(asked) <= 1 else "tests_with_helpers"
            except (StoppedError, wire.WireError) as stopped:
                return _stopped(stopped, "tests")
            try:
                names = {"functions": sorted(asked), "modules": sorted(modules)}
                outcome = _relay(tests, run, _tests_job(checks, suite) | names)
            except (StoppedError, wire.WireError) as stopped:
                return _stopped(stopped, method)
        if outcome.get("passed") is True:
            return Judged("correct", method)
        return Judged("incorrect", method, _fault(outcome))

    def _by_output(self, program: str, checks: CodeChecks) -> Judged:
        deadline = time.monotonic() + self.settings.total_s
        for position, test in enumerate(checks.io, 1):
            where = f"test {position} of {len(checks.io)}"
            if time.monotonic() > deadline:
                return Judged("timeout", "output", f"{where}: {self.settings.total_s:g} s are over")
            with self._sandbox.run(
                "script", stdin=test.input.encode("utf-8", "surrogatepass")
            ) as run:
                try:
                    run.send({"program": program})
                    written = run.output()
                except StoppedError as stopped:
                    return _stopped(stopped, "output", where)
                ending = run.ending
            if ending is None or ending.exit_code != 0:
                code = "" if ending is None else f"exit code {ending.exit_code}"
                return Judged("incorrect", "output", f"{where}: {code}")
            if not same_output(written, test.output, checks.tolerance):
                return Judged("incorrect", "output", where)
        return Judged("correct", "output", f"{len(checks.io)} tests")


def _suite(checks: CodeChecks) -> Suite:
    if checks.io:
        return Suite(None, frozenset(), None)
    if not checks.source.strip():
        raise ValueError("checks: neither tests nor io")
    return read_suite(checks.source, checks.prelude, checks.entry_point)


class _Brings(NamedTuple):
    """What a program says it defines: names, to be believed no further than that."""

    functions: frozenset[str]
    modules: frozenset[str]


def _load(run: Run, program: str, prelude: str) -> _Brings:
    """Has the child load the program.

    Raises:
        StoppedError: the program failed while it was loaded.
    """
    run.send({"program": program, "prelude": prelude})
    loaded = run.receive()
    if not isinstance(loaded, dict) or "functions" not in loaded:
        raise StoppedError("ended", f"loading: {_fault(loaded)}")
    return _Brings(_strings(loaded["functions"]), _strings(loaded.get("modules")))


def _strings(data: object) -> frozenset[str]:
    return (
        frozenset(x for x in data if isinstance(x, str)) if isinstance(data, list) else frozenset()
    )


def _question(case: Case) -> dict[str, Any]:
    kwargs = {name: wire.encode(value) for name, value in case.kwargs.items()}
    return {"name": case.name, "args": [wire.encode(a) for a in case.args], "kwargs": kwargs}


def _ask(run: Run, question: dict[str, Any]) -> dict[str, Any]:
    """Asks the program's process; the reply must carry this question's own nonce."""
    nonce = secrets.token_hex(8)
    run.send(question | {"nonce": nonce})
    reply = run.receive()
    if not isinstance(reply, dict) or reply.get("nonce") != nonce:
        raise wire.WireError("a reply to no question of ours")
    return reply


def _tests_job(checks: CodeChecks, suite: Suite) -> dict[str, Any]:
    return {"tests": checks.source, "prelude": checks.prelude, "check": suite.check}


def _relay(tests: Run, run: Run, job: dict[str, Any]) -> dict[str, Any]:
    """Runs the tests in `tests`, passing on each call to the program in `run`."""
    tests.send(job)
    while True:
        asked = tests.receive()
        if not isinstance(asked, dict):
            raise wire.WireError("the tests said nothing that can be read")
        if "call" not in asked:
            return asked
        reply = _ask(run, {"name": asked.pop("call"), **asked})
        if "value" in reply:
            tests.send({"value": reply["value"], "after": reply.get("after", [])})
        else:
            tests.send({"error": str(reply.get("error")), "message": str(reply.get("message"))})


def _fault(reply: object) -> str:
    """Says what a child reported, in few words: they may be a hostile program's."""
    if not isinstance(reply, dict) or "error" not in reply:
        return "no result"
    return f"{reply['error']}: {reply.get('message', '')}"[:200].rstrip(": ")


def _stopped(why: Exception, method: str, where: str = "") -> Judged:
    timeout = isinstance(why, StoppedError) and why.kind == "timeout"
    detail = f"{where}: {why}" if where else str(why)
    return Judged("timeout" if timeout else "incorrect", method, detail)
