"""How many cores there are to use."""

import os
import sys


def usable_cores() -> int:
    """The cores that this process may use, which containers and job schedulers limit."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
