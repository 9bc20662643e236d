"""Turns spans of characters into tokens to learn, for any tokenizer with an offset mapping."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from cotfactory.splits.chat import Chat, Tokenizer, training_text
from cotfactory_schemas import Span
from cotfactory_schemas.split import SpanRole

IGNORED = -100  # the label that PyTorch's cross entropy leaves out
WRONG: tuple[SpanRole, ...] = ("wrong_attempt",)


class Labelled(NamedTuple):
    """Token ids of a rendered chat, and their labels: the id, or IGNORED."""

    input_ids: list[int]
    labels: list[int]


def loss_mask(
    offsets: Sequence[tuple[int, int]],
    start: int,
    spans: Sequence[Span],
    unlearned: Collection[SpanRole] = WRONG,
) -> list[bool]:
    """Returns for each token whether it is to be learned.

    `offsets` are the tokens' [start, end) characters in the rendered text, `start` is where the
    assistant turn that `spans` count from stands in it. Learned is the turn to its very end, its
    end-of-turn token with it, but no token that has a character of an unlearned span: of two parts
    that share a token, the wrong one decides.
    """
    shut = [(start + s.start, start + s.end) for s in spans if s.role in unlearned]
    return [
        begin >= start and end > begin and not any(begin < to and end > frm for frm, to in shut)
        for begin, end in offsets
    ]


def labelled(
    tokenizer: Tokenizer,
    messages: Chat,
    spans: Sequence[Span],
    unlearned: Collection[SpanRole] = WRONG,
) -> Labelled:
    """Renders and tokenizes a row's messages, with labels that leave out the unlearned spans.

    Raises:
        CotfactoryError: the chat template shows no end of an assistant turn.
    """
    rendered = training_text(tokenizer, messages)
    encoded = tokenizer(rendered.text, return_offsets_mapping=True, add_special_tokens=False)
    ids: list[int] = list(encoded["input_ids"])
    learned = loss_mask(encoded["offset_mapping"], rendered.start, spans, unlearned)
    return Labelled(ids, [i if learn else IGNORED for i, learn in zip(ids, learned, strict=True)])
