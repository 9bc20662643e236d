"""Runs programs behind the strongest layers that hold here; refuses to run them behind none."""

import contextlib
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from cotfactory_filters.verify.sandbox import probes
from cotfactory_filters.verify.sandbox.limits import Limits, UnavailableError
from cotfactory_filters.verify.sandbox.run import Ending, Ends, Run
from cotfactory_filters.verify.sandbox.zygote import MESSAGE_BYTES, READY

STRONGEST_FIRST: tuple[tuple[str, ...], ...] = (
    ("namespaces", "landlock", "seccomp"),
    ("landlock", "seccomp"),
    ("namespaces", "seccomp"),
)
UNSAFE = "none (unsafe)"
STARTUP_S = 60.0
REPLY_S = 20.0
MIB = 1 << 20

_SECRETS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
_ENVIRONMENT = {
    "PYTHONHASHSEED": "0",  # sets in the same order in every verdict
    "LC_ALL": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
_BOOTSTRAP = """
import sys, types
root = sys.argv.pop()
for depth in range(3):
    name = ".".join(("cotfactory_filters", "verify", "sandbox")[: depth + 1])
    package = types.ModuleType(name)
    package.__path__ = [root + "/" + name.replace(".", "/")]
    sys.modules[name] = package
from cotfactory_filters.verify.sandbox.zygote import main
main()
"""
"""Imports the zygote without its packages' __init__, which would import much else."""


class _Zygote(NamedTuple):
    process: subprocess.Popen[bytes]
    control: socket.socket


class Sandbox:
    """Starts with the first call of `start`; one run after another, or two side by side.

    `layer` names what holds programs. With `allow_unsafe`, programs run behind resource limits
    alone where no layer holds; that is refused while a Hub token is in the environment. Programs
    may import the standard library and `modules`.
    """

    def __init__(
        self, limits: Limits, *, modules: Sequence[str] = (), allow_unsafe: bool = False
    ) -> None:
        self.limits = limits
        self._modules = modules
        self._allow_unsafe = allow_unsafe
        self._zygote: _Zygote | None = None
        self._unavailable: UnavailableError | None = None
        self._passed: tuple[str, ...] | None = None
        self._home = ""
        self._runs = 0
        self._endings: dict[int, Ending] = {}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def layer(self) -> str:
        """The layers that hold programs, joined by +."""
        return "" if self._passed is None else "+".join(self._passed) or UNSAFE

    def start(self) -> None:
        """Puts up the strongest layers that pass the self-test.

        Raises:
            UnavailableError: none does.
        """
        if self._zygote is not None:
            return
        if self._unavailable is not None:
            raise self._unavailable
        if self._passed is not None:
            self._zygote = self._started(self._passed)
            return
        failures = [f for layers in STRONGEST_FIRST if (f := self._try(layers))]
        if self._zygote is None:
            self._start_unsafe("; ".join(failures))

    def close(self) -> None:
        """Ends all programs and the zygote."""
        if self._zygote is not None:
            self._zygote.control.close()
            self._zygote.process.kill()
            self._zygote.process.wait()
            self._zygote = None
        if self._home:
            shutil.rmtree(self._home, ignore_errors=True)
            self._home = ""

    def run(self, mode: str, *, stdin: bytes | None = None, limits: Limits | None = None) -> Run:
        """Starts a child in `mode` (see child); with `stdin`, its standard streams are its own.

        `limits` may set other limits that the parent keeps: wall time, output, threads.
        """
        self.start()
        self._runs += 1
        number = self._runs
        ours, theirs = socket.socketpair()
        with contextlib.ExitStack() as kept, contextlib.ExitStack() as given:
            kept.enter_context(ours)
            given.enter_context(theirs)
            descriptors, stdout = [theirs.fileno()], None
            if stdin is not None:
                source, (stdout, sink) = _memory_file(stdin), os.pipe()
                kept.callback(os.close, stdout)
                given.callback(os.close, source)
                given.callback(os.close, sink)
                descriptors += [source, sink]
            process = self._forked(number, mode, descriptors)
            kept.pop_all()
        return Run(Ends(ours, process, stdout), limits or self.limits, lambda: self._reap(number))

    def _forked(self, number: int, mode: str, descriptors: list[int]) -> int:
        """Has the zygote fork a child, a new zygote if the old one is gone; returns its pidfd."""
        try:
            return self._fork(number, mode, descriptors)
        except (UnavailableError, OSError):
            self.close()
            self.start()
            return self._fork(number, mode, descriptors)

    def _try(self, layers: tuple[str, ...]) -> str:
        """Starts behind `layers` unless a stronger set holds; returns what is missing, if any."""
        if self._zygote is not None:
            return ""
        name = "+".join(layers)
        try:
            self._zygote = self._started(layers)
            escapes = probes.escapes(self)
        except (UnavailableError, OSError) as error:
            self.close()
            return f"{name}: {error}"
        if escapes:
            self.close()
            return f"{name}: does not hold back {', '.join(escapes)}"
        self._passed = layers
        return ""

    def _start_unsafe(self, failures: str) -> None:
        secrets = [name for name in _SECRETS if os.environ.get(name)]
        if not self._allow_unsafe:
            mend = "use a kernel with Landlock (5.13 or later), or allow_unsafe: true"
            self._unavailable = UnavailableError(f"no sandbox: {failures}. Mend: {mend}")
        elif secrets:
            self._unavailable = UnavailableError(
                f"allow_unsafe is refused while {secrets[0]} is in the environment"
            )
        if self._unavailable is not None:
            raise self._unavailable
        self._passed = ()
        self._zygote = self._started(())

    def _started(self, layers: tuple[str, ...]) -> _Zygote:
        if not layers and not self._home:
            self._home = tempfile.mkdtemp(prefix="cotfactory-")
        setup = json.dumps(self._setup(layers)).encode()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            root = str(Path(__file__).parents[3])
            flags = ["-I", "-S", "-B", "-X", "utf8", "-W", "ignore"]
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, *flags, "-c", _BOOTSTRAP, str(theirs.fileno()), root],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_ENVIRONMENT,
            )
        zygote = _Zygote(process, ours)
        ours.settimeout(STARTUP_S)
        try:
            ours.send(setup)
            reply = ours.recv(MESSAGE_BYTES)
        except OSError as error:
            reply = str(error).encode()
        if reply != READY:
            ours.close()
            process.kill()
            process.wait()
            raise UnavailableError(reply.decode() or "the warm process ended at its start")
        ours.settimeout(REPLY_S)
        return zygote

    def _setup(self, layers: tuple[str, ...]) -> dict[str, object]:
        limits = self.limits.model_dump(include={"cpu_s", "memory_mib", "file_mib"})
        modules = _folders(self._modules)
        return {
            "layers": layers,
            "limits": limits,
            "home": "/" if layers else self._home,
            "readable": [*readable_paths(), *(str(Path(f, m)) for m, f in modules.items())],
            "modules": modules,
            "temporary_bytes": self.limits.file_mib * MIB,
            "temporary_files": self.limits.files,
        }

    def _fork(self, number: int, mode: str, descriptors: list[int]) -> int:
        if self._zygote is None:
            raise UnavailableError("the sandbox is closed")
        socket.send_fds(self._zygote.control, [f"{number} {mode}".encode()], descriptors)
        while True:
            message, received, _flags, _address = socket.recv_fds(
                self._zygote.control, MESSAGE_BYTES, 1
            )
            if received:
                return received[0]
            self._note_ending(message)

    def _reap(self, number: int) -> Ending:
        """Waits for the zygote's word that a child ended."""
        while number not in self._endings:
            if self._zygote is None:
                return Ending(-1, 0.0)
            self._note_ending(self._zygote.control.recv(MESSAGE_BYTES))
        return self._endings.pop(number)

    def _note_ending(self, message: bytes) -> None:
        if not message:
            self.close()
            raise UnavailableError("the warm process of the sandbox ended")
        number, exit_code, cpu_s = message.removeprefix(b"-").split()
        self._endings[int(number)] = Ending(int(exit_code), float(cpu_s))


def readable_paths() -> list[str]:
    """Returns what a Python program must be able to read: the standard library and its libraries.

    Not among them: site-packages outside the base interpreter, home, /etc, /proc.
    """
    own = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib")]
    own.append(str(sysconfig.get_config_var("LIBDIR")))
    system = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/zoneinfo"]
    return [path for path in dict.fromkeys([*system, *own]) if Path(path).exists()]


def _folders(modules: Sequence[str]) -> dict[str, str]:
    """Returns where each module's package lies.

    Raises:
        UnavailableError: one is not installed, or is no package.
    """
    folders = {}
    for name in modules:
        spec = importlib.util.find_spec(name)
        if spec is None or not spec.submodule_search_locations:
            raise UnavailableError(f"no package {name!r} is installed; programs were to import it")
        folders[name] = str(Path(spec.submodule_search_locations[0]).parent)
    return folders


def _memory_file(content: bytes) -> int:
    """Returns the descriptor of an unnamed file that holds `content`, at its start."""
    made = os.memfd_create("stdin")
    with open(made, "wb", closefd=False) as file:
        file.write(content)
    os.lseek(made, 0, os.SEEK_SET)
    return made
