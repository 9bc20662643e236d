from typing import Any

from cotfactory.splits.builders import journey_rows
from cotfactory.splits.continued import hand_back
from cotfactory.splits.group import Sample
from cotfactory_schemas import Recipe
from split_samples import placed, sample

RECIPE = Recipe(name="tests")
WRONG = sample("Six sixes are 36.\n5 * 7 = 36, I think.\nSo 36.", answer="36", number=1)
RIGHT_END = "Six sevens are 42."


def gone_on(from_: Sample, *, told: bool = True) -> Sample:
    """What a teacher that is handed `from_` makes of it, ending right."""
    assert from_.verdict is not None
    handed = hand_back(from_.problem, from_.trace, from_.verdict, RECIPE)
    assert handed is not None
    thought = handed.text.removeprefix("<think>") + RIGHT_END
    extra = {"reflection": handed.reflection} if told else {}
    parent = from_.trace.trace_id
    return sample(thought, number=5, parent_id=parent, continuation="journey", extra=extra)


def test_a_wrong_teacher_is_handed_its_path_to_the_first_wrong_step_and_the_reflection() -> None:
    assert WRONG.verdict is not None
    handed = hand_back(WRONG.problem, WRONG.trace, WRONG.verdict, RECIPE)
    assert handed is not None
    assert handed.text.startswith("<think>Six sixes are 36.\n5 * 7 = 36, I think.\n\n")
    assert handed.text.endswith(handed.reflection + "\n\n")
    assert "35" in handed.reflection


def test_a_right_trace_is_not_handed_back() -> None:
    right = sample("Six sevens are 42.")
    assert right.verdict is not None
    assert hand_back(right.problem, right.trace, right.verdict, RECIPE) is None


def test_what_the_teacher_makes_of_it_is_a_continued_journey_with_spans() -> None:
    for told in (True, False):
        (row,) = journey_rows(placed(WRONG, gone_on(WRONG, told=told)))
        text = row.messages[-1].content
        attempt, reflection, path = (text[s.start : s.end].strip() for s in row.spans)
        assert row.origin == "continued"
        assert attempt == "Six sixes are 36.\n5 * 7 = 36, I think."
        assert "35" in reflection
        assert path.startswith(RIGHT_END)


def test_a_trace_that_goes_on_past_its_token_limit_is_no_journey() -> None:
    child = gone_on(WRONG)
    longer = sample(
        child.turn.thought, number=6, parent_id=WRONG.trace.trace_id, continuation="limit"
    )
    assert not list(journey_rows(placed(WRONG, longer)))


def test_a_wrong_path_that_cannot_be_marked_is_rejected_by_name() -> None:
    other = sample("Something else. 5 * 7 = 36.", answer="36", number=1)
    group = placed(other, gone_on(WRONG))
    assert not list(journey_rows(group))
    assert [p.rules for p in group.places.values()] == [("not_correct",), ("journey_unmarked",)]


def test_a_teacher_without_tags_goes_on_from_its_whole_answer() -> None:
    wrong = sample("", answer="36", number=1, **plain("I guess so.\n\nSo it is 36."))
    assert wrong.verdict is not None
    handed = hand_back(wrong.problem, wrong.trace, wrong.verdict, RECIPE)
    assert handed is not None
    parent = wrong.trace.trace_id
    text = f"{handed.text}{RIGHT_END}\n\nThe answer is 42."
    child = sample("", number=5, parent_id=parent, continuation="journey", **plain(text))
    (row,) = journey_rows(placed(wrong, child))
    first = row.spans[0]
    attempt = row.messages[-1].content[first.start : first.end].strip()
    assert attempt == "I guess so.\n\nSo it is 36."


def test_a_teacher_without_tags_whose_last_paragraph_holds_the_whole_path_has_one() -> None:
    wrong = sample("", answer="36", number=1, **plain("I guess so.\n\nSo it is 36."))
    assert wrong.verdict is not None
    handed = hand_back(wrong.problem, wrong.trace, wrong.verdict, RECIPE)
    assert handed is not None
    text = f"{handed.text}Six sevens are six fives and six twos.\nThat is 30 + 12.\nA: 42"
    extra = {"reflection": handed.reflection}
    parent = wrong.trace.trace_id
    child = sample(
        "", number=5, parent_id=parent, continuation="journey", extra=extra, **plain(text)
    )
    (row,) = journey_rows(placed(wrong, child))
    last = row.spans[-1]
    path = row.messages[-1].content[last.start : last.end].strip()
    assert path.startswith("Six sevens are six fives")
    assert path.endswith("That is 30 + 12.\n</think>\n\nA: 42")


def plain(text: str) -> dict[str, Any]:
    return {"response": text, "raw": text, "layout": "plain"}
