"""Programs in a sandbox, as tests run them."""

from typing import Any

import pytest

from cotfactory_filters.verify.sandbox import Limits, Sandbox, sandbox, wire

LIMITS = Limits(cpu_s=1, wall_s=3, memory_mib=128, output_kib=256, file_mib=1, files=64, threads=8)
LAYERS = ["namespaces+landlock+seccomp", "landlock+seccomp", "namespaces+seccomp"]


def behind(layers: str, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    monkeypatch.setattr(sandbox, "STRONGEST_FIRST", (tuple(layers.split("+")),))
    return Sandbox(LIMITS)


def called(place: Sandbox, program: str, *args: Any) -> Any:
    """Loads `program` and returns what its `act` gives, or the name of the error."""
    with place.run("serve") as run:
        run.send({"prelude": "", "program": program})
        loaded = run.receive()
        if "error" in loaded:
            return loaded["error"]
        sent = [wire.encode(arg) for arg in args]
        run.send({"name": "act", "args": sent, "kwargs": {}, "nonce": "n"})
        reply = run.receive()
        return reply.get("error") or wire.decode(reply["value"])


def written(place: Sandbox, program: str, stdin: bytes = b"") -> bytes:
    with place.run("script", stdin=stdin) as run:
        run.send({"program": program})
        return run.output()


def still_works(place: Sandbox) -> bool:
    return bool(called(place, "def act(x): return x + 1", 41) == 42)
