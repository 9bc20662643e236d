import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "datasets", "duckdb", "huggingface_hub", "jinja2", "numba", "numpy", "openai", "polars",
    "pyarrow", "pydantic", "ray", "reasoning_gym", "sympy", "torch", "vllm", "xllamacpp",
}  # fmt: skip
TRACES = [
    {"q": "2 + 3?", "gold": "5", "text": "<think>2 + 3 is 5.</think>The answer is \\boxed{5}"},
    {"q": "2 + 3?", "gold": "5", "text": "<think>2 + 3 is 6, so 6.</think>It is \\boxed{6}"},
    {"q": "4 + 4?", "gold": "8", "text": "<think>4 + 4 makes 8.</think>It is \\boxed{8}"},
]


MAPPED = (
    *("--map", "prompt=q", "--map", "reference=gold"),
    *("--default", "verifier=math", "--default", "domain=math"),
)
STATUSES = "select status, count(*) as n from verdicts group by 1 order by 1"


def cotfactory(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cotfactory", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def curated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of ingested traces, filtered."""
    folder = tmp_path_factory.mktemp("curated")
    lines = [*map(json.dumps, TRACES), "{torn"]
    (folder / "traces.jsonl").write_text("\n".join(lines), "utf-8")
    run = folder / "run"
    taken = cotfactory("ingest", folder / "traces.jsonl", "--out", run, *MAPPED)
    assert taken.returncode == 0, taken.stderr
    filtered = cotfactory("filter", run)
    assert filtered.returncode == 0, filtered.stderr
    return run


def last_event(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['cotfactory', '--help']\n"
        "from cotfactory.cli import main\n"
        "try: main()\n"
        "finally: print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "generate" in done.stdout
    assert HEAVY.isdisjoint(done.stderr.split())


def test_what_can_be_mended_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text("name: r\nteecher: {}\n", "utf-8")
    done = cotfactory("generate", tmp_path / "r.yaml", "--out", tmp_path / "run")
    assert done.returncode == 2
    assert done.stderr == (
        f"{tmp_path}/r.yaml:2: teecher: unknown setting. Did you mean 'teacher'?\n"
    )
    assert not (tmp_path / "run").exists()


def test_what_generating_lacks_is_said_before_the_run_is_made(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text("name: r\nproblems: []\nteacher: {model: m}\n", "utf-8")
    for command in (["run"], ["generate"], ["generate", "--dry-run"]):
        done = cotfactory(*command, tmp_path / "r.yaml", "--out", tmp_path / "run")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"{tmp_path}/r.yaml:2: problems: is missing.")
    assert not (tmp_path / "run").exists()


def test_empty_options_are_refused(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text('{"prompt": "1 + 1?"}', "utf-8")
    problems = {"kind": "files", "paths": [str(tmp_path / "p.jsonl")]}
    text = json.dumps({"name": "r", "problems": [problems], "teacher": {"model": "m"}})
    (tmp_path / "r.yaml").write_text(text, "utf-8")
    for option in ("--max-runtime", "--shard", "--pilot"):
        done = cotfactory("generate", tmp_path / "r.yaml", "--out", tmp_path / "run", option, "")
        assert (done.returncode, done.stderr[: len(option)]) == (2, option)
    assert not (tmp_path / "run").exists()


def test_the_plan_of_a_pilot_is_that_of_its_slice(tmp_path: Path) -> None:
    rows = [json.dumps({"prompt": f"{n} + 1?", "verifier": "math"}) for n in range(20)]
    (tmp_path / "p.jsonl").write_text("\n".join(rows), "utf-8")
    problems = {"kind": "files", "paths": [str(tmp_path / "p.jsonl")]}
    text = json.dumps({"name": "r", "problems": [problems], "teacher": {"model": "m"}})
    (tmp_path / "r.yaml").write_text(text, "utf-8")
    dry = ("generate", tmp_path / "r.yaml", "--out", tmp_path / "run", "--dry-run")
    whole, pilot, *shards = (
        last_event(cotfactory(*dry, *options))["samples_at_most"]
        for options in ([], ["--pilot", "5"], ["--shard", "0/2"], ["--shard", "1/2"])
    )
    assert (whole, pilot, sum(map(int, map(str, shards)))) == (160, 40, 160)


def test_merging_a_run_that_is_missing_makes_no_folder(curated: Path, tmp_path: Path) -> None:
    done = cotfactory("merge", curated, tmp_path / "nothing", "--out", tmp_path / "all")
    assert done.returncode == 1
    assert "no run here" in done.stderr
    assert not (tmp_path / "all").exists()


def test_a_missing_run_exits_with_1_and_says_how_to_make_one(tmp_path: Path) -> None:
    done = cotfactory("filter", tmp_path / "nothing")
    assert (done.returncode, done.stdout) == (1, "")
    assert "cotfactory generate RECIPE" in done.stderr


def test_ingested_traces_are_judged_split_and_explained(curated: Path) -> None:
    done = cotfactory("query", curated, STATUSES, "--format", "json")
    assert json.loads(done.stdout) == [
        {"status": "correct", "n": 2},
        {"status": "incorrect", "n": 1},
    ]
    rejected = "select d.trace_id from decisions d where not kept"
    wrong = cotfactory("query", curated, rejected, "--format", "csv").stdout.split()[-1]
    assert "not_correct" in cotfactory("why", curated, wrong).stdout


def test_a_row_that_is_no_trace_is_reported_by_file_and_line(curated: Path) -> None:
    facts = json.loads((curated / "manifest.json").read_text("utf-8"))["ingest"]
    assert facts["added"] + facts["known"] == 3
    assert [fault.split("traces.jsonl:")[1][:9] for fault in facts["faults"]] == ["4: not JS"]


def test_ingesting_and_filtering_again_changes_nothing(curated: Path) -> None:
    before = {p: p.read_bytes() for p in curated.glob("splits/**/*.parquet")}
    files = curated.parent / "traces.jsonl"
    again = cotfactory("ingest", files, "--out", curated, *MAPPED)
    assert (last_event(again)["added"], last_event(again)["known"]) == (0, 3)
    assert last_event(cotfactory("filter", curated))["traces"] == 3
    assert {p: p.read_bytes() for p in curated.glob("splits/**/*.parquet")} == before


def test_publishing_twice_changes_nothing(curated: Path, tmp_path: Path) -> None:
    first = last_event(cotfactory("publish", curated, "--to", tmp_path / "out"))
    again = last_event(cotfactory("publish", curated, "--to", tmp_path / "out"))
    assert (first["changed"], again["changed"]) == (True, False)
    assert first["manifest_sha256"] == again["manifest_sha256"]


def test_status_is_told_as_json(curated: Path) -> None:
    status = json.loads(cotfactory("status", curated, "--json").stdout)
    assert status["rows"]["traces"] == 3
    assert status["being_written"] is False


def test_quiet_says_nothing(curated: Path) -> None:
    done = cotfactory("--quiet", "filter", curated)
    assert (done.returncode, done.stdout) == (0, "")


def test_recipes_are_listed_and_shown() -> None:
    assert "curate" in cotfactory("recipes", "list").stdout
    assert cotfactory("recipes", "show", "curate").stdout.startswith("name: curate")


def test_decisions_alone_leave_no_splits_that_are_older(curated: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(curated, run)
    strict = ("--set", "filter.rules.long_paragraph.limit=1")
    decided = cotfactory("filter", run, "--no-splits", *strict)
    assert last_event(decided)["kept"] == 0
    assert last_event(decided)["splits"] is None
    assert not (run / "splits").exists()
    refused = cotfactory("publish", run)
    assert "cotfactory filter" in refused.stderr
    assert last_event(cotfactory("filter", run))["splits"] == {
        "shortcut": 0,
        "journey": 0,
        "rejected": len(TRACES),
    }
