import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from datasets import load_dataset

from cotfactory.errors import CotfactoryError, UsageError
from cotfactory.exports import FORMATS, export
from cotfactory.exports.template import CHAT_TEMPLATE
from cotfactory.splits.builders import shortcut_rows
from cotfactory.splits.preference import preference_rows
from cotfactory.splits.shards import PieceWriter, join, joins
from cotfactory.splits.stitched import stitched_rows
from cotfactory.store.run import Run
from cotfactory_schemas import Recipe
from split_samples import placed, problem, sample
from tiny_tokenizer import tiny_tokenizer

RIGHT_TURN = "<think>\nSix sevens are 42.\n</think>\n\nThe answer is 42."


def a_run(path: Path) -> Run:
    """One problem with a system prompt and an earlier round; each split has one row."""
    asked = problem(
        messages=[
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hello."},
            {"role": "assistant", "content": "Hello."},
            {"role": "user", "content": "What is 6 times 7?"},
        ]
    )
    wrong = sample("I guess 40.", answer="40", number=1, of=asked)
    right = sample("Six sevens are 42.", number=2, of=asked)
    group = placed(wrong, right, preference_per_problem=1)
    with Run.open(path, Recipe(name="tests")):
        pass
    with PieceWriter(path / "pieces") as writer:
        for build in (shortcut_rows, stitched_rows, preference_rows):
            for row in build(group):
                writer.write(row)
    for wanted in joins(writer.pieces, path / "splits"):
        join(wanted)
    return Run.read(path)


def loaded(folder: Path, name: str) -> dict[str, Any]:
    """The one row of a table, as the trainers load it."""
    file = str(folder / f"{name}.parquet")
    cache = str(folder.parent / "cache")
    return dict(load_dataset("parquet", data_files=file, split="train", cache_dir=cache)[0])


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return a_run(tmp_path / "run")


def test_trl_gets_messages_and_nothing_that_it_takes_for_a_prompt(run: Run) -> None:
    export(run, "trl", run.path / "out")
    row = loaded(run.path / "out", "shortcut-train")
    assert set(row) == {"messages", "trace_id"}
    assert row["messages"][-1] == {"role": "assistant", "content": RIGHT_TURN}
    pair = loaded(run.path / "out", "preference-train")
    assert pair["chosen"] == [{"role": "assistant", "content": RIGHT_TURN}]
    assert [m["role"] for m in pair["prompt"]] == ["system", "user", "assistant", "user"]


def test_the_chat_template_of_the_export_keeps_the_thought_and_marks_it_for_the_loss(
    run: Run,
) -> None:
    export(run, "trl", run.path / "out")
    template = (run.path / "out" / "chat_template.jinja").read_text(encoding="utf-8")
    tokenizer = tiny_tokenizer(template)
    messages = loaded(run.path / "out", "journey-train")["messages"]
    encoded: Any = tokenizer.apply_chat_template(
        messages, return_dict=True, return_assistant_tokens_mask=True
    )
    marked = zip(encoded["input_ids"], encoded["assistant_masks"], strict=True)
    learned = tokenizer.decode([token for token, mask in marked if mask])
    assert learned == f"Hello.<|im_end|>{messages[-1]['content']}<|im_end|>"


def test_sharegpt_has_human_and_gpt_turns_and_a_declaration(run: Run) -> None:
    export(run, "sharegpt", run.path / "out")
    info = json.loads((run.path / "out" / "dataset_info.json").read_text(encoding="utf-8"))
    row = loaded(run.path / "out", "shortcut-train")
    roles = [turn["from"] for turn in row["conversations"]]
    assert roles == ["system", "human", "gpt", "human", "gpt"]
    assert row["conversations"][-1]["value"] == RIGHT_TURN
    assert info["shortcut-train"] == {
        "file_name": "shortcut-train.parquet",
        "formatting": "sharegpt",
        "columns": {"messages": "conversations"},
    }
    pair = loaded(run.path / "out", "preference-train")
    assert info["preference-train"]["ranking"] is True
    assert pair["chosen"] == {"from": "gpt", "value": RIGHT_TURN}


def test_alpaca_has_instruction_output_and_history(run: Run) -> None:
    export(run, "alpaca", run.path / "out")
    info = json.loads((run.path / "out" / "dataset_info.json").read_text(encoding="utf-8"))
    row = loaded(run.path / "out", "shortcut-train")
    assert row["instruction"] == "What is 6 times 7?"
    assert row["output"] == RIGHT_TURN
    assert row["system"] == "Be brief."
    assert row["history"] == [["Hello.", "Hello."]]
    assert info["shortcut-train"]["columns"]["response"] == "output"
    assert set(info["shortcut-train"]["columns"].values()) <= set(row)
    pairs = info["preference-train"]["columns"]
    assert set(pairs.values()) <= set(loaded(run.path / "out", "preference-train"))


def test_axolotl_learns_all_of_a_journey_but_the_wrong_attempt(run: Run) -> None:
    export(run, "axolotl", run.path / "out")
    turn = loaded(run.path / "out", "journey-train")["messages"][-1]
    text, detail = turn["content"], turn["training_detail"]
    parts = [(d["train"], text[d["begin_offset"] : d["end_offset"] + 1]) for d in detail]
    assert "".join(part for _, part in parts) == text
    assert [part.strip() for train, part in parts if not train] == ["I guess 40."]
    shortcut = loaded(run.path / "out", "shortcut-train")["messages"][-1]
    assert shortcut["training_detail"] is None


def test_axolotls_configuration_names_the_tables_and_a_template_that_keeps_thoughts(
    run: Run,
) -> None:
    export(run, "axolotl", run.path / "out")
    sft = yaml.safe_load((run.path / "out" / "sft.yaml").read_text(encoding="utf-8"))
    dpo = yaml.safe_load((run.path / "out" / "dpo.yaml").read_text(encoding="utf-8"))
    assert sft["chat_template_jinja"] == CHAT_TEMPLATE
    assert [d["path"] for d in sft["datasets"]] == [
        "shortcut-train.parquet",
        "journey-train.parquet",
    ]
    assert [d["path"] for d in dpo["datasets"]] == ["preference-train.parquet"]


@pytest.mark.parametrize("name", FORMATS)
def test_a_second_export_replaces_the_first(run: Run, name: str) -> None:
    first = export(run, name, run.path / "out")
    assert export(run, name, run.path / "out") == first
    assert {t.name for t in first.tables} == {
        "shortcut-train",
        "journey-train",
        "preference-train",
    }


def test_an_export_does_not_replace_what_is_not_one(run: Run) -> None:
    (run.path / "mine").mkdir()
    (run.path / "mine" / "thesis.tex").write_text("all of it", encoding="utf-8")
    with pytest.raises(UsageError, match="holds other files"):
        export(run, "trl", run.path / "mine")


def test_an_unknown_format_names_the_known_ones(run: Run) -> None:
    with pytest.raises(UsageError, match="Did you mean 'alpaca'"):
        export(run, "alpacca", run.path / "out")


def test_a_run_without_splits_has_nothing_to_export(tmp_path: Path) -> None:
    with Run.open(tmp_path / "empty", Recipe(name="tests")):
        pass
    with pytest.raises(CotfactoryError, match=r"no row to export.*cotfactory filter"):
        export(Run.read(tmp_path / "empty"), "trl", tmp_path / "out")
