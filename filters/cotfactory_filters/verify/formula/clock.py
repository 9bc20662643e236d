"""Times of day."""

import re

_CLOCK = re.compile(
    r"(?P<hour>\d{1,2})[:h](?P<minute>\d{2})(?::(?P<second>\d{2}))?(?P<half>[ap]m)?", re.IGNORECASE
)
_DRESS = re.compile(r"\\(?:text|textrm|mathrm|mbox)|[{}$\s.~\\]")


def same_time(one: str, other: str) -> bool | None:
    """Compares times of day: 20:34 is 8:34 p.m. and 20:34:00; None when one is no time.

    Without a.m. or p.m. on one side, the hour is compared as written.
    """
    first, second = _CLOCK.fullmatch(_bare(one)), _CLOCK.fullmatch(_bare(other))
    if first is None or second is None:
        return None
    if bool(first["half"]) != bool(second["half"]) and _minutes(first, halves=False) == _minutes(
        second, halves=False
    ):
        return True
    return _minutes(first, halves=True) == _minutes(second, halves=True)


def _bare(text: str) -> str:
    return _DRESS.sub("", text)


def _minutes(time: re.Match[str], *, halves: bool) -> tuple[int, int, int]:
    hour = int(time["hour"])
    if halves and time["half"]:
        hour = hour % 12 + (12 if time["half"].lower() == "pm" else 0)
    return hour, int(time["minute"]), int(time["second"] or 0)
