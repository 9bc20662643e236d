"""Renders a row's messages as training text in which the thought survives the chat template.

Many chat templates cut `<think>…</think>` out of assistant turns, which is right for the history of
a chat and wrong for training on it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from cotfactory.errors import CotfactoryError

Chat = Sequence[Mapping[str, str]]

_PROBE = "cotfactory-probe"
_THOUGHT_OPENER = "<think>"


class Tokenizer(Protocol):
    """What is used of a Hugging Face tokenizer (a fast one, for the offsets)."""

    def apply_chat_template(self, conversation: Any, **options: Any) -> Any:  # noqa: ANN401
        """Renders a chat."""
        ...

    def __call__(self, text: str, **options: Any) -> Any:  # noqa: ANN401 - a BatchEncoding
        """Tokenizes a text."""
        ...


class TrainingText(NamedTuple):
    """A rendered chat; its last assistant turn's content stands at `start` as it is in the row.

    `stripped` says that the template alone would have changed that content.
    """

    text: str
    start: int
    stripped: bool


def training_text(tokenizer: Tokenizer, messages: Chat) -> TrainingText:
    """Renders `messages`, the last of which is the assistant's, with its content unchanged.

    Where the template changes it, the content is put between the template's own generation prompt
    and its own end of turn: what the model sees when it answers, and what it must end with.

    Raises:
        CotfactoryError: the template shows no end of an assistant turn.
    """
    content = messages[-1]["content"]
    text = _render(tokenizer, messages)
    start = text.rfind(content)
    if start >= 0:
        return TrainingText(text, start, stripped=False)
    prompt = _render(tokenizer, messages[:-1], add_generation_prompt=True)
    if prompt.rstrip().endswith(_THOUGHT_OPENER):  # the content opens the thought itself
        prompt = prompt.rstrip().removesuffix(_THOUGHT_OPENER)
    probed = _render(tokenizer, [*messages[:-1], {"role": "assistant", "content": _PROBE}])
    _, found, end_of_turn = probed.rpartition(_PROBE)
    if not found:
        raise CotfactoryError(
            "the tokenizer's chat template leaves out the assistant's last turn. Give it another "
            "one: tokenizer.chat_template = …"
        )
    return TrainingText(prompt + content + end_of_turn, len(prompt), stripped=True)


def _render(tokenizer: Tokenizer, messages: Chat, **options: bool) -> str:
    return str(tokenizer.apply_chat_template(list(messages), tokenize=False, **options))
