"""Publishes in a process that may be killed: each line on stdin is a run, forked and published.

Answers with the process id, then, when that has ended, with its exit code.
"""

import os
import sys
from pathlib import Path

from cotfactory.errors import CotfactoryError
from cotfactory.publish import hub, publish
from cotfactory.store.run import Run

TO = "hf://datasets/lab/sums"


def main() -> None:
    hub.FIRST_WAIT_S = 0.01
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os._exit(attempt(Path(line.strip())))
        say(child)
        _, status = os.waitpid(child, 0)
        say(os.waitstatus_to_exitcode(status))


def say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def attempt(path: Path) -> int:
    try:
        publish(Run.read(path), TO)
    except CotfactoryError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    main()
