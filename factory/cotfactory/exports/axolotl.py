"""Axolotl: `messages` for its `chat_template` type, with the spans as its training detail."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import yaml

from cotfactory.exports.base import MESSAGES, Row, Table, record
from cotfactory.exports.template import CHAT_TEMPLATE

# The end is the last character, not the one behind it.
_DETAIL = record(begin_offset=pa.int64(), end_offset=pa.int64(), train=pa.bool_())
_TURN = record(role=pa.string(), content=pa.string())
_DETAILED = record(role=pa.string(), content=pa.string(), training_detail=pa.list_(_DETAIL))


class Axolotl:
    """Messages whose assistant turn says which of its characters to learn.

    `training_detail` is there for journeys alone: Axolotl then learns all but the wrong attempts.
    """

    schema = pa.schema({"messages": pa.list_(_DETAILED), "trace_id": pa.string()})
    pair_schema = pa.schema(
        {"messages": MESSAGES, "chosen": _TURN, "rejected": _TURN, "trace_id": pa.string()}
    )

    def row(self, row: Row) -> Row:
        """Adds the training detail to the assistant turn."""
        detail = _detail(row["spans"], len(row["messages"][-1]["content"]))
        turn = {**row["messages"][-1], "training_detail": detail or None}
        return {"messages": [*row["messages"][:-1], turn], "trace_id": row["trace_id"]}

    def pair(self, row: Row) -> Row:
        """The prompt as messages, and the two answers to it."""
        answers = {name: row[name][-1] for name in ("chosen", "rejected")}
        return {"messages": row["prompt"], **answers, "trace_id": row["trace_id"]}

    def files(self, tables: Sequence[Table]) -> Mapping[str, str]:
        """Returns the `datasets` section of a configuration for SFT and one for DPO."""
        sft = [_dataset(t) for t in tables if t.config != "preference" and t.part == "train"]
        dpo = [_pairs(t) for t in tables if t.config == "preference" and t.part == "train"]
        found = {"sft.yaml": sft, "dpo.yaml": dpo}
        return {name: _yaml(datasets) for name, datasets in found.items() if datasets}


def _detail(spans: Sequence[Row], length: int) -> list[dict[str, Any]]:
    """Returns Axolotl's ranges, whose ends are the last character, for the whole turn."""
    if not spans:
        return []
    ranges = [(0, spans[0]["start"], True)]
    ranges += [(s["start"], s["end"], s["role"] != "wrong_attempt") for s in spans]
    ranges.append((spans[-1]["end"], length, True))
    return [
        {"begin_offset": start, "end_offset": end - 1, "train": train}
        for start, end, train in ranges
        if end > start
    ]


def _dataset(table: Table) -> dict[str, Any]:
    return {
        "path": table.file_name,
        "ds_type": "parquet",
        "type": "chat_template",
        "field_messages": "messages",
        "message_property_mappings": {"role": "role", "content": "content"},
        "message_field_training_detail": "training_detail",
        "roles_to_train": ["assistant"],
        "train_on_eos": "turn",
    }


def _pairs(table: Table) -> dict[str, Any]:
    fields = {name: name for name in ("messages", "chosen", "rejected")}
    return {
        "path": table.file_name,
        "ds_type": "parquet",
        "type": "chat_template.default",
        **{f"field_{name}": value for name, value in fields.items()},
    }


def _yaml(datasets: list[dict[str, Any]]) -> str:
    return yaml.safe_dump(
        # Templates of many models cut thoughts out; this one leaves the turn as it is.
        {"chat_template": "jinja", "chat_template_jinja": CHAT_TEMPLATE, "datasets": datasets},
        sort_keys=False,
        allow_unicode=True,
    )
