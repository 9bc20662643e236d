"""TRL and open-r1: the `messages` column, and `prompt`, `chosen`, `rejected` for preference."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from cotfactory.exports.base import MESSAGES, Row, Table
from cotfactory.exports.template import CHAT_TEMPLATE, TEMPLATE_FILE

_README = """\
Load a table and train on its `messages`:

    dataset = load_dataset("parquet", data_files="shortcut-train.parquet", split="train")
    SFTConfig(assistant_only_loss=True, chat_template_path="{template}", ...)

Many chat templates cut the thought out of assistant turns. {template} keeps it and marks the turn
for `assistant_only_loss`; open-r1 takes the same text as `chat_template` in its recipe. It writes
ChatML: use it with a base model, or edit it to the tags of the model that you train.
The configuration `preference` has the columns of DPOTrainer.
"""


class Trl:
    """Only the columns that TRL reads: it takes a further `prompt` for a prompt-completion row."""

    schema = pa.schema({"messages": MESSAGES, "trace_id": pa.string()})
    pair_schema = pa.schema(
        {"prompt": MESSAGES, "chosen": MESSAGES, "rejected": MESSAGES, "trace_id": pa.string()}
    )

    def row(self, row: Row) -> Row:
        """Keeps the messages."""
        return {name: row[name] for name in self.schema.names}

    def pair(self, row: Row) -> Row:
        """Keeps the columns that the preference split already has."""
        return {name: row[name] for name in self.pair_schema.names}

    def files(self, tables: Sequence[Table]) -> Mapping[str, str]:  # noqa: ARG002 - as in Format
        """Returns the chat template and a word on how to load."""
        return {TEMPLATE_FILE: CHAT_TEMPLATE, "README.md": _README.format(template=TEMPLATE_FILE)}
