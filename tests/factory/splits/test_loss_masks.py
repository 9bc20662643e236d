import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from cotfactory.errors import CotfactoryError
from cotfactory.splits.builders import journey_rows
from cotfactory.splits.chat import training_text
from cotfactory.splits.masks import IGNORED, labelled, loss_mask
from cotfactory.splits.stitched import stitched_rows
from cotfactory_schemas import Span, SplitRow
from split_samples import judged, placed, sample
from tiny_tokenizer import PLAIN, SILENT, STRIPPING, tiny_tokenizer

PLAIN_TOKENIZER = tiny_tokenizer()
THOUGHT = "So the answer is 36.\n\nWait, that is six sixes: 等等 🙂.\n\nSix sevens are 42."


def a_journey() -> SplitRow:
    (row,) = journey_rows(placed(judged(sample(THOUGHT))))
    return row


def text_of(tokenizer: PreTrainedTokenizerFast, labels: list[int]) -> str:
    return str(tokenizer.decode([label for label in labels if label != IGNORED]))


def chat(row: SplitRow) -> list[dict[str, str]]:
    return [m.model_dump() for m in row.messages]


@pytest.mark.parametrize("template", [PLAIN, STRIPPING])
def test_all_but_the_wrong_attempt_is_learned_whatever_the_template(template: str) -> None:
    tokenizer, row = tiny_tokenizer(template), a_journey()
    ids, labels = labelled(tokenizer, chat(row), row.spans)
    learned = text_of(tokenizer, labels)
    assert learned.startswith("<think>\n")
    assert "36" not in learned
    assert "Wait, that is six sixes: 等等 🙂." in learned
    assert learned.endswith("42.\n</think>\n\nThe answer is 42.<|im_end|>\n")
    assert "What is 6 times 7?" not in learned
    assert "36" in tokenizer.decode(ids)


def test_a_stitched_journey_is_masked_at_its_seams() -> None:
    wrong = sample("I guess 40.", answer="40", number=1)
    (row,) = stitched_rows(placed(wrong, sample("Six sevens are 42.", number=2)))
    _, labels = labelled(PLAIN_TOKENIZER, chat(row), row.spans)
    learned = text_of(PLAIN_TOKENIZER, labels)
    assert "I guess" not in learned
    assert "Six sevens are 42." in learned


def test_other_parts_can_be_left_out_too() -> None:
    row = a_journey()
    _, labels = labelled(PLAIN_TOKENIZER, chat(row), row.spans, ("wrong_attempt", "reflection"))
    learned = text_of(PLAIN_TOKENIZER, labels)
    assert "six sixes" not in learned


def test_a_template_that_strips_thoughts_gives_the_thought_all_the_same() -> None:
    row = a_journey()
    rendered = training_text(tiny_tokenizer(STRIPPING), chat(row))
    assert rendered.stripped
    assert rendered.text.count("<think>") == 1
    assert rendered.text[rendered.start :].startswith(row.messages[-1].content)
    assert not training_text(PLAIN_TOKENIZER, chat(row)).stripped


def test_a_template_without_assistant_turns_is_an_error_with_its_mend() -> None:
    with pytest.raises(CotfactoryError, match="chat template leaves out"):
        training_text(tiny_tokenizer(SILENT), chat(a_journey()))


@given(st.text(max_size=60), st.text(min_size=1, max_size=60), st.text(max_size=60))
def test_no_token_of_a_wrong_attempt_is_learned_and_no_other_is_lost(
    before: str, wrong: str, after: str
) -> None:
    text = before + wrong + after
    span = Span(start=len(before), end=len(before) + len(wrong), role="wrong_attempt")
    offsets = PLAIN_TOKENIZER(text, return_offsets_mapping=True)["offset_mapping"]
    for (start, end), learn in zip(offsets, loss_mask(offsets, 0, [span]), strict=True):
        touches = start < span.end and end > span.start
        assert learn == (not touches and end > start)
