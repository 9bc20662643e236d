"""No program gets out of the sandbox, whichever layers hold it."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from cotfactory_filters.verify.sandbox import Sandbox, UnavailableError
from sandboxed import LAYERS, behind, called, still_works


@pytest.fixture(scope="module", params=LAYERS)
def place(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with pytest.MonkeyPatch.context() as patch:
        made = behind(request.param, patch)
        try:
            made.start()
        except UnavailableError as error:
            pytest.skip(str(error))
    with made:
        yield made


READS = """
def act(path):
    return open(path).read()
"""
ESCAPES = {
    "reads a file": READS,
    "reads with an unfiltered descriptor": """
import os
def act(path):
    return os.read(os.open(path, os.O_RDONLY), 100).decode()
""",
    "reads through a link": """
import os
def act(path):
    os.symlink(path, "link")
    return open("link").read()
""",
    "reads through its working directory": """
import os
def act(path):
    os.chdir("/")
    return open("." + path).read()
""",
    "reads in native code": """
import ctypes
def act(path):
    libc = ctypes.CDLL(None)
    buffer = ctypes.create_string_buffer(100)
    got = libc.read(libc.open(path.encode(), 0), buffer, 100)
    return buffer.value.decode() if got > 0 else 1 / 0
""",
    "reads in a subprocess": """
import subprocess
def act(path):
    return subprocess.run(["cat", path], capture_output=True, check=True).stdout.decode()
""",
    "reads in a shell": """
import os
def act(path):
    return os.popen("cat " + path).read() or 1 / 0
""",
    "opens by handle in native code": """
import ctypes
def act(path):
    return "canary" if ctypes.CDLL(None).syscall(304, 3, 0, 0) >= 0 else 1 / 0
""",
    "looks for descriptors that were left open": """
import os
def act(path):
    for descriptor in range(4, 1024):
        try:
            os.fstat(descriptor)
        except OSError:
            continue
        return "canary"
    return 1 / 0
""",
}


@pytest.mark.parametrize("program", ESCAPES.values(), ids=ESCAPES)
def test_no_program_reads_a_file_outside(place: Sandbox, program: str, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    canary.write_text("canary")
    outcome = called(place, program, str(canary))
    assert outcome in {
        "PermissionError",
        "FileNotFoundError",
        "NotADirectoryError",
        "ZeroDivisionError",
        "OSError",
    }
    assert still_works(place)


CHANGES = {
    "writes": "open(path, 'w').write('x')",
    "appends": "open(path, 'a').write('x')",
    "makes a file beside it": "open(path + '.new', 'w')",
    "deletes": "os.unlink(path)",
    "renames": "os.rename(path, path + '.old')",
    "truncates": "os.truncate(path, 0)",
    "changes its mode": "os.chmod(path, 0o777)",
    "changes its times": "os.utime(path, (0, 0))",
    "changes its owner": "os.chown(path, 1, 1)",
    "sets an attribute": "os.setxattr(path, 'user.x', b'x')",
    "links": "os.link(path, 'link')",
    "mounts": "ctypes.CDLL(None).mount(b'x', path.encode(), b'tmpfs', 0, 0) == 0 or 1 / 0",
    "leaves its root": "os.chroot('/')",
    "makes a device": "os.mknod('device', 0o20666, os.makedev(1, 1))",
}


@pytest.mark.parametrize("act", CHANGES.values(), ids=CHANGES)
def test_no_program_changes_a_file_outside(place: Sandbox, act: str, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    canary.write_text("canary")
    before = canary.stat()
    program = f"import ctypes, os\ndef act(path):\n    {act}\n    return 'done'"
    assert called(place, program, str(canary)) != "done"
    assert canary.read_text() == "canary"
    after = canary.stat()
    assert (after.st_mode, after.st_mtime, after.st_uid) == (
        before.st_mode,
        before.st_mtime,
        before.st_uid,
    )
    assert [path.name for path in tmp_path.iterdir()] == ["canary"]


OTHERS = {
    "forks": "os.fork()",
    "forks in native code": "ctypes.CDLL(None).fork() >= 0 or 1 / 0",
    "clones in native code": "ctypes.CDLL(None).syscall(56, 17, 0, 0, 0, 0) >= 0 or 1 / 0",
    "clones another way": "ctypes.CDLL(None).syscall(435, 0, 0) >= 0 or 1 / 0",
    "runs a program": "os.execv('/bin/true', ['true'])",
    "spawns": "os.posix_spawn('/bin/true', ['true'], {})",
    "runs from memory": "os.memfd_create('x')",
    "signals the parent": "os.kill(pid, 9)",
    "signals everybody": "os.kill(-1, 9)",
    "signals its group": "os.killpg(0, 9)",
    "queues a signal": "ctypes.CDLL(None).sigqueue(pid, 9, 0) == 0 or 1 / 0",
    "has signals sent to the parent": "fcntl.fcntl(1, fcntl.F_SETOWN, pid)",
    "limits the parent": "resource.prlimit(pid, resource.RLIMIT_CPU, (1, 1))",
    "traces the parent": "ctypes.CDLL(None).ptrace(16, pid, 0, 0) == 0 or 1 / 0",
    "reads the parent's memory": "ctypes.CDLL(None).syscall(310, pid, 0, 0, 0, 0, 0) >= 0 or 1 / 0",
    "slows the parent": "os.setpriority(os.PRIO_PROCESS, pid, 19)",
    "schedules the parent": "os.sched_setaffinity(pid, {0})",
    "opens a socket": "socket.socket()",
    "opens a unix socket": "socket.socket(socket.AF_UNIX)",
    "makes namespaces": "ctypes.CDLL(None).unshare(0x10000000) == 0 or 1 / 0",
    "loads a filter of its own": "ctypes.CDLL(None).prctl(22, 2, 0, 0, 0) == 0 or 1 / 0",
    "makes a ring of requests": "ctypes.CDLL(None).syscall(425, 8, 0) >= 0 or 1 / 0",
    "shares memory": "ctypes.CDLL(None).shmget(0, 4096, 0o1666) >= 0 or 1 / 0",
    "types into a terminal": "fcntl.ioctl(0, 0x5412, b'x')",
    "raises its own limit": "resource.setrlimit(resource.RLIMIT_CPU, (60, 60))",
}


@pytest.mark.parametrize("act", OTHERS.values(), ids=OTHERS)
def test_no_program_reaches_another_process_or_the_net(place: Sandbox, act: str) -> None:
    modules = "import ctypes, fcntl, os, resource, socket"
    program = f"{modules}\ndef act(pid):\n    {act}\n    return 'done'"
    outcome = called(place, program, os.getpid())
    assert outcome in {"PermissionError", "ZeroDivisionError", "ValueError", "OSError"}
    assert still_works(place)


def test_a_listening_port_hears_nothing(place: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        port = listener.getsockname()[1]
        program = "import socket\ndef act(port): socket.create_connection(('127.0.0.1', port))"
        assert called(place, program, port) == "PermissionError"
        with pytest.raises(TimeoutError):
            listener.accept()


def test_the_environment_is_empty_and_secrets_stay_outside(
    place: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", "secret")
    names = called(place, "import os\ndef act(): return list(os.environ)")
    assert set(names) <= {"PYTHONHASHSEED", "LC_ALL", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"}
    files = called(place, "import os\ndef act(): return os.listdir('.')")
    assert files in ([], "PermissionError")
    proc = "def act(pid): return open(f'/proc/{pid}/environ', 'rb').read()"
    assert called(place, proc, os.getpid()) in {"PermissionError", "FileNotFoundError"}
