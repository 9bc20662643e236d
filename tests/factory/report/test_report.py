import os
import re
from pathlib import Path

import polars as pl

from cotfactory import catalog
from cotfactory.report import write_report
from cotfactory.report.report import render
from cotfactory.report.spans import Segment, segments, shortened, visible
from cotfactory.store.run import Run
from cotfactory_schemas import SplitRow, tables
from finished_run import (
    RIGHT,
    TURN,
    WRONG,
    annotate,
    finished_run,
    journey_row,
    problem,
    recipe,
    trace,
    verdict,
    write_rows,
)

GOLDEN = Path(__file__).parent / "golden" / "report.html"
HOSTILE = "</div><script>alert(1)</script><img src=x onerror=alert(2)>&amp;\x00\u202e"


def without_charts(page: str) -> str:
    """Charts depend on the version of the library that draws them."""
    return re.sub(r"(?s)<svg.*?</svg>", "<svg/>", page)


def test_the_report_looks_as_it_did(tmp_path: Path) -> None:
    page = without_charts(write_report(finished_run(tmp_path / "run")).read_text("utf-8"))
    page = re.sub(r"Broken by no trace: .*", "", page)  # the other rules are not its business
    if "WRITE_GOLDEN" in os.environ:
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(page, "utf-8")
    assert page == GOLDEN.read_text("utf-8"), "if this is meant: WRITE_GOLDEN=1 pytest, and look"


def test_the_same_run_gives_the_same_report(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "run")
    assert render(run) == render(run)


def test_a_report_fetches_nothing_and_runs_nothing(tmp_path: Path) -> None:
    page = render(finished_run(tmp_path / "run"))
    assert "<script" not in page
    assert not re.search(r"(?:src|href|action)\s*=\s*(?![\"']?#)", page)
    assert "default-src 'none'" in page


def test_a_run_in_which_nothing_has_run_has_a_report(tmp_path: Path) -> None:
    with Run.open(tmp_path / "run", recipe()) as run:
        assert "nothing is decided yet" in render(run)


def test_a_run_that_only_generated_has_its_charts(tmp_path: Path) -> None:
    asked = problem()
    with Run.open(tmp_path / "run", recipe()) as run:
        run.append([asked])
        run.append([trace(asked, i, completion_tokens=None) for i in range(3)])
        run.append([verdict(trace(asked, i)) for i in range(2)])
    page = render(Run.read(tmp_path / "run"))
    assert page.count("<svg") == 2
    assert "length of the answer, characters" in page


def test_hostile_text_is_escaped_wherever_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "run"
    finished_run(path, settings=recipe(description=HOSTILE, publish={"title": HOSTILE}))
    for file in path.glob("splits/*/*.parquet"):
        rows = pl.read_parquet(file)
        texts = ["prompt", "extracted", "reference", "verifier", "trace_id", "pair_id", "model"]
        messages = pl.lit([{"role": "assistant", "content": HOSTILE}])
        changed = rows.with_columns(
            [pl.lit(HOSTILE).alias(c) for c in texts], messages=messages, rules=pl.lit([HOSTILE])
        )
        changed.write_parquet(file)
    page = render(Run.read(path))
    assert "<script" not in page
    assert "<img" not in page
    assert "\x00" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;" in page


def test_the_quality_of_journeys_and_shortcuts_shows(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "run")
    asked = problem("What is 1 + 4?")
    doubtful = journey_row(asked, trace(asked, 1)).model_dump()
    doubtful["messages"][-1]["content"] += "<think>again</think>"
    natural = SplitRow.model_validate({**doubtful, "origin": "natural", "trace_id": "n"})
    write_rows(run.path / "splits" / "journey" / "train-00001.parquet", [natural], tables.SPLITS)
    page = render(Run.read(run.path))
    assert "Of 4 shortcuts, 0 state a wrong answer" in page
    measured = {
        name: re.findall(r">([^<]+)</td>", values)
        for name, values in re.findall(r"<tr><td>([\w' ]+)</td>(.*?)</tr>", page)
    }
    assert measured["rows measured"] == ["1", "4"]
    assert measured["exactly one thought pair"] == ["0.0%", "100.0%"]
    assert measured["wordings of reflections"] == ["1 of 1", "1 of 4"]


def test_languages_and_near_duplicates_show_once_they_are_measured(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "run")
    assert "Near-duplicates" not in render(run)
    with catalog.connect(run) as connection:
        ids = [i for (i,) in connection.execute("SELECT trace_id FROM traces").fetchall()]
    share, match = [0.5] * len(ids), [True] * len(ids)
    annotate(run.path, "language", {"trace_id": ids, "share": share, "response_matches": match})
    annotate(run.path, "dedup", {"trace_id": ids, "cluster": [ids[0]] * 3 + [None] * 5})
    page = render(Run.read(run.path))
    assert "3 traces stand in 1 groups" in page
    assert '<td>en</td><td class="n">8</td><td class="n">50.0%</td><td class="n">100.0%' in page


def test_spans_cut_the_text_and_lose_nothing() -> None:
    text = "<think>" + WRONG + TURN + RIGHT + "</think>5"
    start = len("<think>")
    spans = [{"start": start, "end": start + len(WRONG), "role": "wrong_attempt", "status": "x"}]
    assert segments(text, spans) == [
        Segment("<think>"),
        Segment(WRONG, "wrong_attempt", "x"),
        Segment(TURN + RIGHT + "</think>5"),
    ]


def test_spans_that_overlap_or_leave_the_text_still_give_the_text_once() -> None:
    spans = [
        {"start": a, "end": b, "role": "reflection", "status": None}
        for a, b in [(3, 9), (5, 50), (8, 2), (60, 70), (0, 4)]
    ]
    assert "".join(part.text for part in segments("0123456789", spans)) == "0123456789"


def test_a_long_text_keeps_its_ends_and_says_what_is_missing() -> None:
    (part,) = shortened([Segment("a" * 5000 + "b" * 5000, "reflection")], 1000)
    assert part.text == "a" * 500 + "\n[… 9,000 characters …]\n" + "b" * 500


def test_what_cannot_be_seen_is_spelled_out() -> None:
    assert visible("a\u200bb\x1b\n\tc") == "a⟦U+200B⟧b⟦U+001B⟧\n\tc"
