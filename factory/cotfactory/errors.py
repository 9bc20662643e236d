"""The one error type that people see, and the exit codes it stands for."""

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_RESUME = 75  # EX_TEMPFAIL of sysexits.h: stopped in good order, run again to go on


class CotfactoryError(Exception):
    """Something a person can mend: the message says what is wrong, where, and the mend."""

    exit_code = EXIT_FAILED


class UsageError(CotfactoryError):
    """The command line, the recipe or the input is wrong."""

    exit_code = EXIT_USAGE


class EndedError(CotfactoryError):
    """A signal ended a command that leaves nothing to go on with."""

    def __init__(self, message: str, signal_number: int) -> None:
        super().__init__(message)
        self.exit_code = 128 + signal_number  # as a shell says it


class StoppedError(CotfactoryError):
    """Work stopped in good order before its end; the same command resumes it."""

    exit_code = EXIT_RESUME
