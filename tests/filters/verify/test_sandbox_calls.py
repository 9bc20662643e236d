"""The numbers of system calls are the kernel's own, on both machines."""

import re
from pathlib import Path

import pytest

from cotfactory_filters.verify.sandbox import calls, seccomp

HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
RENAMED = {"newfstatat": "fstatat"}  # in the generic table
TABLE = {**calls.ALLOWED, **calls.GUARDED, **calls.OURS}


@pytest.mark.parametrize("machine", list(HEADERS))
def test_every_number_is_that_of_the_kernels_header(machine: str) -> None:
    header = HEADERS[machine]
    if not header.exists():
        pytest.skip(f"{header} is not here")
    defined = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)\b", header.read_text())
    kernel = {name: int(number) for name, number in defined}
    place = calls.MACHINES[machine].place
    ours = {name: numbers[place] for name, numbers in TABLE.items()}
    theirs = {name: kernel.get(name, kernel.get(RENAMED.get(name, ""))) for name in TABLE}
    assert ours == theirs


@pytest.mark.parametrize("machine", list(calls.MACHINES))
def test_no_program_may_make_the_calls_that_put_the_sandbox_up(machine: str) -> None:
    allowed = calls.allowed(machine)
    assert not {calls.number(name, machine) for name in calls.OURS} & set(allowed)
    assert len(allowed) == len(set(allowed))
    assert len(seccomp.program(machine)) % 8 == 0
