"""The command `verify`: judges the pairs of reference and prediction in a file."""

import json
import sys
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from cotfactory.errors import EXIT_DONE, EXIT_FAILED, UsageError
from cotfactory.sources import rows
from cotfactory.sources.base import RowFault
from cotfactory_filters.verify import REGISTRY
from cotfactory_filters.verify.pairs import submit_pair
from cotfactory_filters.verify.pool import VerifierPool
from cotfactory_schemas import Verdict
from cotfactory_schemas.recipe import VerifySettings

WORKERS = 2
AHEAD = 256  # rows read beyond the one that is printed


@dataclass(frozen=True)
class Columns:
    """The names of the columns that hold reference and prediction."""

    gold: str = "gold"
    prediction: str = "prediction"


def verify_file(
    path: Path, verifier: str, columns: Columns, *, as_json: bool, out: TextIO | None = None
) -> int:
    """Prints a verdict for each row of `path` (JSONL, CSV or Parquet), and a summary.

    A column `language` (ISO 639-1) is read where there is one. A row that cannot be read is
    printed with status `error`, and the others are judged. Returns the exit code: 1 when no row
    could be read, else 0.

    Raises:
        UsageError: there is no such file or verifier.
    """
    out = out or sys.stdout
    try:
        REGISTRY.load(verifier)
    except ValueError as error:
        raise UsageError(f"--verifier: {error}") from None
    counts: Counter[str] = Counter()
    for row, outcome in _judged(path, verifier, columns):
        line = _line(row, outcome)
        counts["unreadable" if isinstance(outcome, RowFault) else outcome.status] += 1
        out.write((json.dumps(line, ensure_ascii=False) if as_json else _shown(line)) + "\n")
    _print_summary(counts, out, as_json=as_json)
    return EXIT_DONE if set(counts) != {"unreadable"} else EXIT_FAILED


def _judged(
    path: Path, verifier: str, columns: Columns
) -> Iterator[tuple[int, Verdict | RowFault]]:
    waiting: deque[tuple[int, Future[Verdict] | RowFault]] = deque()
    with VerifierPool(VerifySettings(workers=WORKERS)) as pool:
        for number, read in enumerate(rows.read(path), start=1):
            waiting.append((number, _submitted(pool, read, verifier, columns)))
            if len(waiting) > AHEAD:
                yield _settled(*waiting.popleft())
        while waiting:
            yield _settled(*waiting.popleft())


def _settled(number: int, outcome: "Future[Verdict] | RowFault") -> tuple[int, Verdict | RowFault]:
    return number, outcome if isinstance(outcome, RowFault) else outcome.result()


def _submitted(
    pool: VerifierPool, read: tuple[str, dict[str, Any]] | RowFault, verifier: str, columns: Columns
) -> "Future[Verdict] | RowFault":
    if isinstance(read, RowFault):
        return read
    place, row = read
    texts = []
    for option, column in (("gold", columns.gold), ("prediction", columns.prediction)):
        value = row.get(column)
        if value is None or isinstance(value, dict | list):
            has = ", ".join(map(str, row)) or "nothing"
            return RowFault(place, f"no text in column {column!r}; it has {has}: use --{option}")
        texts.append(str(value))
    language = row.get("language")
    known = language if isinstance(language, str) and language else "en"
    return submit_pair(pool, texts[0], texts[1], verifier, known)


def _line(row: int, outcome: Verdict | RowFault) -> dict[str, Any]:
    if isinstance(outcome, RowFault):
        return {
            "row": row,
            "status": "error",
            "extracted": None,
            "method": "",
            "seconds": 0.0,
            "detail": str(outcome),
        }
    return {
        "row": row,
        "status": outcome.status,
        "extracted": outcome.extracted,
        "method": outcome.method,
        "seconds": round(outcome.seconds, 6),
        "detail": outcome.detail,
    }


def _shown(line: dict[str, Any]) -> str:
    """One row for people; what a model wrote is shown without its control characters."""
    extracted = _printable(str(line["extracted"] or ""))
    return (
        f"{line['row']:>6}  {line['status']:<12} {line['method']:<9} {extracted}  {line['detail']}"
    )


def _printable(text: str, limit: int = 160) -> str:
    """Shows control characters as escapes, so that no text can drive the terminal."""
    shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def _print_summary(counts: Counter[str], out: TextIO, *, as_json: bool) -> None:
    total = sum(counts.values())
    if as_json:
        out.write(json.dumps({"summary": {"rows": total, **dict(sorted(counts.items()))}}) + "\n")
        return
    parts = [f"{count} {status}" for status, count in counts.most_common()]
    out.write(f"{total} rows: {', '.join(parts) or 'nothing to judge'}\n")
