"""How much of the work one session of generating may do."""

import re
from dataclasses import dataclass

from cotfactory.errors import UsageError

MAX_RANK = (1 << 64) - 1
_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True)
class Limits:
    """`shard` is (i, n): only problems whose id leaves the remainder i when divided by n.

    `highest_rank` takes a random slice of the problems, the same at every call.
    """

    max_runtime_s: float | None = None
    shard: tuple[int, int] = (0, 1)
    highest_rank: int = MAX_RANK

    def includes(self, problem_id: str) -> bool:
        """Whether a problem is to be looked at in this session."""
        index, shards = self.shard
        in_shard = int(problem_id, 16) % shards == index
        return in_shard and rank(problem_id) <= self.highest_rank


def rank(problem_id: str) -> int:
    """Returns the problem's place in a random order that no other problem has a part in."""
    return int(problem_id[:16], 16)


def parse_duration(text: str) -> float:
    """Reads `90s`, `30m`, `8h`, `2d` or plain seconds, as seconds.

    Raises:
        UsageError: it is not of that form.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", text)
    if match is None:
        raise UsageError(f"--max-runtime {text}: write it like 90s, 30m, 8h or 2d")
    return float(match[1]) * _UNIT_S[match[2] or "s"]


def parse_shard(text: str) -> tuple[int, int]:
    """Reads `i/n` with 0 ≤ i < n.

    Raises:
        UsageError: it is not of that form.
    """
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if match is None or int(match[1]) >= int(match[2]):
        raise UsageError(f"--shard {text}: write it as i/n with i from 0 to n-1")
    return int(match[1]), int(match[2])
