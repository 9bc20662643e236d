"""What vLLM's processes are given: a log that we read when they fail, and an end with ours."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp

DRIVER = "COTFACTORY_VLLM_DRIVER"  # in the environment: the process that starts the engine
_LOOK_EVERY_S = 1.0
_STDERR = 2


def end_with_parent() -> None:
    """Ends this process when its parent is gone; vLLM calls it in each of its processes.

    A driver that is killed hard would else leave an engine behind that holds the GPU's memory. The
    entry point `vllm.general_plugins` names this function. It does nothing outside our engines.
    """
    driver = os.environ.get(DRIVER)
    if driver is None or int(driver) == os.getpid():
        return
    threading.Thread(target=_watch, args=(os.getppid(),), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY_S)
    os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def errors_into_a_log() -> Iterator[Path]:
    """Sends what is written as errors into a file, also by processes that start meanwhile."""
    descriptor, name = mkstemp(prefix="cotfactory-vllm-", suffix=".log")
    kept = os.dup(_STDERR)
    os.dup2(descriptor, _STDERR)
    os.close(descriptor)
    try:
        yield Path(name)
    finally:
        os.dup2(kept, _STDERR)
        os.close(kept)
