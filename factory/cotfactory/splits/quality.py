"""Measures what the splits are worth: what is confirmed, how much repeats, how wording varies."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Any

import polars as pl

from cotfactory.catalog import derived_files
from cotfactory.store.read import scan
from cotfactory.store.run import Run

MEASURED_ROWS = 1000  # journeys of an origin that are read; rows lie in hash order, so any are fair
GRAM_WORDS = 5
ORIGINS = ("natural", "continued", "stitched")

_TAG = re.compile(r"</?think>")
_VALUE = re.compile(r"\$[^$]*\$|\S*\d\S*")
_COLUMNS = ["origin", "messages", "spans", "reasoning", "status", "trace_ids", "pair_id"]

Row = Mapping[str, Any]


def quality(run: Run, limit: int = MEASURED_ROWS) -> dict[str, Any]:
    """Returns the quality table of the run's splits as plain JSON.

    `journey` holds the measures of all journeys and, under `by_origin`, of each origin; shares are
    of the `measured` rows, at most `limit` of an origin, which are all that is held. `shortcut`
    says how many rows carry a wrong candidate or a reflection.
    """
    rows = _journeys(run, limit)
    known = _Known(run, rows)
    tallies = {origin: _Tally() for origin in ORIGINS}
    for row in rows:
        tallies[row["origin"]].add(row, known)
    every = _Tally.sum(tallies.values())
    by_origin = {origin: tally.measures() for origin, tally in tallies.items() if tally.rows}
    return {
        "journey": {**every.measures(), "by_origin": by_origin},
        "shortcut": _shortcuts(run),
    }


def repeated_share(text: str) -> float:
    """Returns the share of a text's word 5-grams that stood in it before."""
    words = text.split()
    grams = [tuple(words[i : i + GRAM_WORDS]) for i in range(len(words) - GRAM_WORDS + 1)]
    return 1 - len(set(grams)) / len(grams) if grams else 0.0


def wording(reflection: str) -> str:
    """Returns the words of a reflection without the values that it names."""
    return " ".join(_VALUE.sub("#", reflection.casefold()).split())


class _Known:
    """The verdicts and the shortcuts that some journeys refer to.

    `lengths` are the characters of the shortcuts' thoughts, by trace_id.
    """

    def __init__(self, run: Run, rows: Sequence[Row]) -> None:
        tried = list({trace_id for row in rows for trace_id in row["trace_ids"]})
        verdicts = scan(run, "verdicts").select("trace_id", "status")
        found = verdicts.filter(pl.col("trace_id").is_in(tried)).collect()
        self._status_of = dict(found.iter_rows())
        self.lengths = _lengths(run, list({row["pair_id"] for row in rows if row["pair_id"]}))

    def statuses(self, trace_ids: Iterable[str]) -> set[str | None]:
        return {self._status_of.get(trace_id) for trace_id in trace_ids}


@dataclass
class _Tally:
    """Sums over journeys."""

    rows: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    repeated: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    wordings: Counter[str] = field(default_factory=Counter)

    @classmethod
    def sum(cls, tallies: Iterable["_Tally"]) -> "_Tally":
        whole = cls()
        for tally in tallies:
            whole.rows += tally.rows
            whole.counts += tally.counts
            whole.repeated += tally.repeated
            whole.ratios += tally.ratios
            whole.wordings += tally.wordings
        return whole

    def add(self, row: Row, known: _Known) -> None:
        self.rows += 1
        text = row["messages"][-1]["content"]
        *tried, last = row["trace_ids"]
        wrong = [s for s in row["spans"] if s["role"] == "wrong_attempt"]
        self.counts["wrong_attempts"] += len(wrong)
        stated_wrong = bool(wrong) and {s["status"] for s in wrong} == {"incorrect"}
        self.counts["wrong_confirmed"] += stated_wrong and known.statuses(tried) <= {"incorrect"}
        right = row["spans"][-1]["status"] == row["status"] == "correct"
        self.counts["correction_confirmed"] += right and known.statuses([last]) == {"correct"}
        self.counts["one_thought_pair"] += _one_pair(text)
        self.counts["paired"] += row["pair_id"] in known.lengths
        self.repeated.append(repeated_share(row["reasoning"]))
        if row["pair_id"] in known.lengths:
            self.ratios.append(len(row["reasoning"]) / max(known.lengths[row["pair_id"]], 1))
        for span in row["spans"]:
            if span["role"] == "reflection":
                self.wordings[wording(text[span["start"] : span["end"]])] += 1

    def measures(self) -> dict[str, Any]:
        if not self.rows:
            return {"measured": 0}
        shares = ("wrong_confirmed", "correction_confirmed", "one_thought_pair", "paired")
        reflections = self.wordings.total()
        commonest = self.wordings.most_common(1)[0][1] if reflections else 0
        return {
            "measured": self.rows,
            "wrong_attempts_per_row": round(self.counts["wrong_attempts"] / self.rows, 2),
            **{name: round(self.counts[name] / self.rows, 4) for name in shares},
            "repeated_text_share": _spread(self.repeated),
            "length_ratio_to_shortcut": _spread(self.ratios),
            "reflections": reflections,
            "distinct_wordings": len(self.wordings),
            "commonest_wording_share": round(commonest / max(reflections, 1), 4),
        }


def _one_pair(text: str) -> bool:
    return text.startswith("<think>") and _TAG.findall(text) == ["<think>", "</think>"]


def _spread(values: Sequence[float]) -> dict[str, float] | None:
    """Median and the tenth and ninetieth percentile."""
    if not values:
        return None
    tenths = quantiles(values, n=10, method="inclusive") if len(values) > 1 else [values[0]] * 9
    spread = {"p10": tenths[0], "median": median(values), "p90": tenths[-1]}
    return {name: round(value, 3) for name, value in spread.items()}


def _journeys(run: Run, limit: int) -> list[Row]:
    files = derived_files(run, "splits/journey")
    if not files:
        return []
    rows = pl.scan_parquet(files).select(_COLUMNS)
    return [
        row
        for origin in ORIGINS
        for row in _collected(rows.filter(pl.col("origin") == origin).head(limit)).to_dicts()
    ]


def _lengths(run: Run, trace_ids: list[str]) -> dict[str, int]:
    files = derived_files(run, "splits/shortcut")
    if not files:
        return {}
    wanted = pl.scan_parquet(files).filter(pl.col("trace_id").is_in(trace_ids))
    rows = wanted.select("trace_id", pl.col("reasoning").str.len_chars())
    return dict(_collected(rows).iter_rows())


def _collected(rows: pl.LazyFrame) -> pl.DataFrame:
    """Reads no more text than is asked for; the other engine reads all of a file for its head."""
    return rows.collect(engine="streaming")


def _shortcuts(run: Run) -> dict[str, Any]:
    files = derived_files(run, "splits/shortcut")
    if not files:
        return {"rows": 0}
    score = pl.col("scores").str.json_path_match
    seen = pl.scan_parquet(files).select(
        rows=pl.len(),
        with_wrong_candidate=(score("$.splits_wrong_candidates").cast(pl.Int64) > 0).sum(),
        with_reflection=(score("$.splits_reflections").cast(pl.Int64) > 0).sum(),
        thought_from_response=(pl.col("thought_from") == "response").sum(),
    )
    return _collected(seen).row(0, named=True)
