"""LLaMA-Factory: ShareGPT or Alpaca rows, with the dataset_info.json that declares them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from cotfactory.exports.base import Row, Table, record

_SHAREGPT_ROLES = {"system": "system", "user": "human", "assistant": "gpt"}
_TURN = record(**{"from": pa.string(), "value": pa.string()})
_TEXT = pa.string()
_ASKED = {
    "instruction": _TEXT,
    "input": _TEXT,
    "system": _TEXT,
    "history": pa.list_(pa.list_(_TEXT)),
}


class ShareGpt:
    """`conversations` of `from` and `value`; a chosen and a rejected turn for preference."""

    schema = pa.schema({"conversations": pa.list_(_TURN), "trace_id": _TEXT})
    pair_schema = pa.schema(
        {
            "conversations": pa.list_(_TURN),
            "chosen": _TURN,
            "rejected": _TURN,
            "trace_id": _TEXT,
        }
    )

    def row(self, row: Row) -> Row:
        """Renames roles and fields."""
        return {"conversations": _turns(row["messages"]), "trace_id": row["trace_id"]}

    def pair(self, row: Row) -> Row:
        """The prompt as conversation, and the two answers to it."""
        chosen, rejected = _turns(row["chosen"])[-1], _turns(row["rejected"])[-1]
        turns = {"conversations": _turns(row["prompt"]), "trace_id": row["trace_id"]}
        return {**turns, "chosen": chosen, "rejected": rejected}

    def files(self, tables: Sequence[Table]) -> Mapping[str, str]:
        """Returns dataset_info.json."""
        sft = {"messages": "conversations"}
        return _info(tables, {"formatting": "sharegpt"}, sft)


class Alpaca:
    """`instruction`, `input`, `output`, `system` and `history`."""

    schema = pa.schema({**_ASKED, "output": _TEXT, "trace_id": _TEXT})
    pair_schema = pa.schema({**_ASKED, "chosen": _TEXT, "rejected": _TEXT, "trace_id": _TEXT})

    def row(self, row: Row) -> Row:
        """The last question as instruction, the assistant turn as output."""
        asked = _asked(row["messages"][:-1])
        return {**asked, "output": row["messages"][-1]["content"], "trace_id": row["trace_id"]}

    def pair(self, row: Row) -> Row:
        """The last question as instruction, and the two answers to it."""
        answers = {name: row[name][-1]["content"] for name in ("chosen", "rejected")}
        return {**_asked(row["prompt"]), **answers, "trace_id": row["trace_id"]}

    def files(self, tables: Sequence[Table]) -> Mapping[str, str]:
        """Returns dataset_info.json."""
        asked = {"prompt": "instruction", "query": "input", "system": "system"}
        asked |= {"history": "history"}
        return _info(tables, {}, asked | {"response": "output"}, asked)


def _turns(messages: Sequence[Row]) -> list[dict[str, str]]:
    return [{"from": _SHAREGPT_ROLES[m["role"]], "value": m["content"]} for m in messages]


def _asked(messages: Sequence[Row]) -> dict[str, Any]:
    """System prompt, earlier rounds and last question of a prompt.

    Messages that make no rounds of a question and an answer become part of the question, so that
    nothing of the prompt is lost.
    """
    system = "\n\n".join(m["content"] for m in messages if m["role"] == "system")
    said = [m for m in messages if m["role"] != "system"]
    rounds: list[list[str]] = []
    while [m["role"] for m in said[:2]] == ["user", "assistant"]:
        rounds.append([m["content"] for m in said[:2]])
        said = said[2:]
    question = "\n\n".join(m["content"] for m in said)
    return {"instruction": question, "input": "", "system": system, "history": rounds}


def _info(
    tables: Sequence[Table],
    formatting: Mapping[str, Any],
    sft: Mapping[str, str],
    ranking: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Declares the tables; `ranking` are the columns of preference where they differ from SFT."""
    pairs = {**(ranking or sft), "chosen": "chosen", "rejected": "rejected"}
    info = {}
    for table in tables:
        paired = table.config == "preference"
        kind = {"ranking": True, "columns": pairs} if paired else {"columns": dict(sft)}
        info[table.name] = {"file_name": table.file_name, **formatting, **kind}
    return {"dataset_info.json": json.dumps(info, indent=2) + "\n"}
