"""What a sandboxed program may use, and how it is stopped."""

from typing import Literal

from pydantic import Field

from cotfactory_schemas import Settings

Stopped = Literal["timeout", "ended", "output", "threads", "garbled"]


class Limits(Settings):
    """What one program may use. `wall_s` runs while it waits, `cpu_s` while it computes."""

    cpu_s: int = Field(default=5, ge=1)
    wall_s: float = Field(default=10.0, gt=0)
    memory_mib: int = Field(default=512, ge=32, description="beyond what an idle Python takes")
    output_kib: int = Field(default=4096, ge=1)
    file_mib: int = Field(default=8, ge=0, description="files in its own directory, all together")
    files: int = Field(default=256, ge=2, le=512, description="and directories")
    threads: int = Field(default=32, ge=1)

    def __str__(self) -> str:
        return f"{self.cpu_s} s CPU, {self.wall_s:g} s, {self.memory_mib} MiB"


class StoppedError(Exception):
    """A program is at its end: `kind` says why, the message in more words."""

    def __init__(self, kind: Stopped, message: str) -> None:
        super().__init__(message)
        self.kind: Stopped = kind


class UnavailableError(Exception):
    """No layer of the sandbox works here; the message names each with what is missing."""
