"""What holds for any texts that teachers may write."""

from hypothesis import given
from hypothesis import strategies as st

from cotfactory.splits import BUILDERS
from cotfactory.splits.assistant import THOUGHT_START
from cotfactory.splits.group import Sample
from cotfactory.splits.place import Placed
from cotfactory_schemas import SplitRow
from split_samples import judged, placed, sample

PIECES = st.sampled_from(
    ["<think>", "</think>", "So the answer is 36.", "Wait, no.", "5 * 7 = 36", "\n\n", "\n", "。"]
)
TEXTS = st.lists(PIECES | st.text(max_size=8), max_size=8).map("".join)
ANSWERS = st.sampled_from(["42", "36", "t = 42", "43"])


@st.composite
def groups(draw: st.DrawFn) -> Placed:
    drawn = draw(st.lists(st.tuples(TEXTS, TEXTS, ANSWERS, st.booleans()), min_size=1, max_size=5))
    samples: list[Sample] = [
        judged(sample(thought, answer=answer, response=response, number=number, kept=kept))
        for number, (thought, response, answer, kept) in enumerate(drawn)
    ]
    return placed(*samples, test_fraction=0, preference_per_problem=2)


def rows_of(group: Placed) -> list[SplitRow]:
    built = [row for build in BUILDERS.values() for row in build(group)]
    return [row for row in built if isinstance(row, SplitRow)]


@given(groups())
def test_every_sample_has_one_row_of_its_own(group: Placed) -> None:
    own = [row.trace_id for row in rows_of(group) if row.origin != "stitched"]
    assert sorted(own) == sorted(s.trace.trace_id for s in group.group.samples)


@given(groups())
def test_a_row_to_train_on_has_one_thought_in_one_pair_of_tags(group: Placed) -> None:
    for row in rows_of(group):
        if row.split != "rejected":
            content = row.messages[-1].content
            assert content == f"<think>\n{row.reasoning}\n</think>\n\n{row.response}"
            assert content.count("<think>") == content.count("</think>") == 1


@given(groups())
def test_the_spans_of_a_journey_cover_its_turn_and_alternate(group: Placed) -> None:
    for row in rows_of(group):
        if row.split == "journey":
            bounds = [row.spans[0].start, *(span.end for span in row.spans)]
            assert bounds[0] == THOUGHT_START
            assert bounds[-1] == len(row.messages[-1].content)
            assert [span.start for span in row.spans] == bounds[:-1]
            roles = ["wrong_attempt", "reflection"] * (len(row.spans) // 2) + ["correct_path"]
            assert [span.role for span in row.spans] == roles
