import json
import subprocess
from pathlib import Path

import datasets
import pytest
import yaml

from cotfactory import catalog
from cotfactory.errors import CotfactoryError, UsageError
from cotfactory.exports.template import CHAT_TEMPLATE
from cotfactory.publish import Options, publish
from cotfactory.publish.columns import COLUMNS, PREFERENCE_COLUMNS
from cotfactory.store.run import Run
from cotfactory_filters.verify.sandbox.sandbox import UNSAFE
from cotfactory_schemas import Message, PreferenceRow, Recipe, SplitRow, tables
from finished_run import (
    TURN,
    WRONG,
    finished_run,
    problem,
    recipe,
    trace,
    verdict,
    write_rows,
)


def tree(folder: Path) -> dict[str, bytes]:
    files = (p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}


def front_matter(folder: Path) -> dict[str, object]:
    _, head, _ = (folder / "README.md").read_text("utf-8").split("---\n", 2)
    return dict(yaml.safe_load(head))


def test_the_folder_loads_with_datasets_config_by_config(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "run")
    summary = publish(run, tmp_path / "out")
    assert summary.rows == {
        name: {"train": 3, "test": 1} for name in ("shortcut", "journey", "rejected")
    }
    for config in summary.rows:
        loaded = datasets.load_dataset(
            str(tmp_path / "out"), config, cache_dir=str(tmp_path / "cache")
        )
        assert {part: rows.num_rows for part, rows in loaded.items()} == {"train": 3, "test": 1}
        assert list(loaded["train"].features) == list(SplitRow.model_fields)
        row = loaded["train"][0]
        assert [turn["role"] for turn in row["messages"]] == ["user", "assistant"]


def test_spans_point_into_the_assistant_message(tmp_path: Path) -> None:
    publish(finished_run(tmp_path / "run"), tmp_path / "out")
    rows = datasets.load_dataset(
        str(tmp_path / "out"), "journey", split="train", cache_dir=str(tmp_path / "cache")
    )
    text = rows[0]["messages"][-1]["content"]
    marked = {span["role"]: text[span["start"] : span["end"]] for span in rows[0]["spans"]}
    assert marked["wrong_attempt"] == WRONG
    assert marked["reflection"] == TURN


def test_publishing_twice_changes_nothing(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "run")
    first = publish(run)
    before = {p: p.stat().st_mtime_ns for p in (run.path / "dataset").rglob("*")}
    second = publish(run)
    assert (first.changed, second.changed) == (True, False)
    assert second.manifest_sha256 == first.manifest_sha256
    assert {p: p.stat().st_mtime_ns for p in (run.path / "dataset").rglob("*")} == before


def test_the_same_run_gives_the_same_bytes_wherever_it_lies(tmp_path: Path) -> None:
    finished_run(tmp_path / "one" / "run")
    finished_run(tmp_path / "two" / "run")
    for name in ("one", "two"):
        publish(Run.read(tmp_path / name / "run"))
    one, two = (tree(tmp_path / name / "run" / "dataset") for name in ("one", "two"))
    assert one == two
    assert str(tmp_path).encode() not in b"".join(one.values())


def test_a_run_that_changed_replaces_its_former_dataset(tmp_path: Path) -> None:
    publish(finished_run(tmp_path / "run", problems=3), tmp_path / "out")
    publish(finished_run(tmp_path / "other", problems=5), tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["rows"]["shortcut/train"] == 4
    assert set(tree(tmp_path / "out")) == {*manifest["files"], "manifest.json", "SHA256SUMS"}


def test_checksums_hold_for_every_file(tmp_path: Path) -> None:
    publish(finished_run(tmp_path / "run"), tmp_path / "out")
    checked = subprocess.run(
        ["sha256sum", "-c", "--strict", "SHA256SUMS"],
        cwd=tmp_path / "out",
        check=True,
        capture_output=True,
        text=True,
    )
    assert checked.stdout.count(": OK") == len(tree(tmp_path / "out")) - 1


def test_a_damaged_copy_is_mended(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "run")
    publish(run, tmp_path / "out")
    (tmp_path / "out" / "README.md").unlink()
    assert publish(run, tmp_path / "out").changed
    assert (tmp_path / "out" / "README.md").exists()


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "run")
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.tex").write_text("years of work")
    with pytest.raises(UsageError, match="will not be replaced"):
        publish(run, tmp_path / "thesis")
    assert tree(tmp_path / "thesis") == {"chapter1.tex": b"years of work"}


def test_a_dry_run_writes_nothing_and_says_what_it_would(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "run")
    before = tree(run.path)
    summary = publish(run, options=Options(dry_run=True))
    assert tree(run.path) == before
    assert "data/journey/train-00000-of-00001.parquet" in summary.files
    assert summary.manifest_sha256 == publish(run).manifest_sha256


def test_rejected_rows_stay_at_home_when_the_recipe_says_so(tmp_path: Path) -> None:
    settings = recipe(publish={"rejected": False})
    publish(finished_run(tmp_path / "run", settings=settings), tmp_path / "out")
    configs = front_matter(tmp_path / "out")["configs"]
    assert [c["config_name"] for c in configs] == ["shortcut", "journey"]  # type: ignore[attr-defined]
    assert not (tmp_path / "out" / "data" / "rejected").exists()


def test_parts_without_rows_are_not_promised(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "run", problems=1)
    publish(run, tmp_path / "out")
    loaded = datasets.load_dataset(
        str(tmp_path / "out"), "journey", cache_dir=str(tmp_path / "cache")
    )
    assert list(loaded) == ["test"]


def test_a_run_without_splits_says_what_to_do(tmp_path: Path) -> None:
    with (
        Run.open(tmp_path / "run", recipe()) as run,
        pytest.raises(CotfactoryError, match="cotfactory filter"),
    ):
        publish(run)
    assert not (tmp_path / "run" / "dataset").exists()


def test_the_card_explains_every_column() -> None:
    assert list(COLUMNS) == list(SplitRow.model_fields)
    assert set(PreferenceRow.model_fields) <= {*COLUMNS, *PREFERENCE_COLUMNS}


def test_preference_pairs_are_a_config_with_columns_of_their_own(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "run")
    asked = problem("What is 0 + 5?")
    right, wrong = trace(asked, 1), trace(asked, 0, response="6")
    pair = PreferenceRow(
        part="train",
        trace_id="p",
        trace_ids=(right.trace_id, wrong.trace_id),
        problem_id=asked.problem_id,
        prompt=asked.messages,
        chosen=(Message(role="assistant", content=right.raw),),
        rejected=(Message(role="assistant", content=wrong.raw),),
        chosen_extracted="5",
        rejected_extracted="6",
        reference="5",
        domain="math",
        kind="reasoning",
        language="en",
        model="tiny/teacher",
        source="tests",
    )
    shard = run.path / "splits" / "preference" / "train-00000.parquet"
    write_rows(shard, [pair], tables.PREFERENCE)
    publish(run, tmp_path / "out")
    loaded = datasets.load_dataset(
        str(tmp_path / "out"), "preference", split="train", cache_dir=str(tmp_path / "cache")
    )
    assert loaded[0]["chosen"] == [{"role": "assistant", "content": right.raw}]
    assert "The config `preference` has these instead" in (tmp_path / "out/README.md").read_text()
    with catalog.connect(run) as connection:
        counted = connection.execute("SELECT count(*) FROM splits").fetchone()
    assert counted == (12,)


def test_the_card_has_its_pictures_and_a_template_that_keeps_thoughts(tmp_path: Path) -> None:
    publish(finished_run(tmp_path / "run"), tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text()
    for name in ("pictures/pass_rates.png", "pictures/lengths.png"):
        assert f"]({name})" in card
        assert (tmp_path / "out" / name).read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "out" / "chat_template.jinja").read_text() == CHAT_TEMPLATE
    assert 'open("chat_template.jinja")' in card


def test_verdicts_without_a_sandbox_are_confessed(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "run")
    with Run.open(run.path) as writer:
        writer.append([verdict(trace(problem(), 9), detail=f"in {UNSAFE}, 1 s")])
    publish(Run.read(run.path), tmp_path / "out")
    assert (
        "1 verdicts come from programs that ran without"
        in (tmp_path / "out" / "README.md").read_text()
    )


def test_the_published_recipe_names_no_address_of_an_engine(tmp_path: Path) -> None:
    settings = recipe(
        engine={"kind": "openai", "base_url": ["http://me:secret@gpu7.lab/v1"], "concurrency": 8}
    )
    publish(finished_run(tmp_path / "run", settings=settings), tmp_path / "out")
    shown = (tmp_path / "out" / "recipe.yaml").read_text()
    assert Recipe.model_validate(yaml.safe_load(shown)).engine.options["concurrency"] == 8
    everything = b"".join(tree(tmp_path / "out").values())
    assert b"secret" not in everything
    assert b"gpu7.lab" not in everything
