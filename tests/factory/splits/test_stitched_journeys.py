import pytest

from cotfactory.splits.stitched import stitched_rows
from cotfactory.splits.wrong import same_value
from split_samples import placed, problem, sample

RIGHT = sample("Six sevens are 42.", number=9)


def test_wrong_thoughts_a_reflection_each_and_a_right_thought_make_a_journey() -> None:
    wrong = [sample(f"I guess {n}.", answer=str(n), number=n) for n in (40, 41)]
    rows = [r for n in range(20) for r in stitched_rows(placed(*wrong, RIGHT))]
    row = rows[0]
    text = row.messages[-1].content
    assert row.messages[-1].content.count("<think>") == 1
    assert text[row.spans[-1].start : row.spans[-1].end].strip().startswith("Six sevens are 42.")
    for attempt, reflection in zip(row.spans[0:-1:2], row.spans[1:-1:2], strict=True):
        value = text[attempt.start : attempt.end].strip(" .\n").rsplit(" ", 1)[-1]
        assert value in text[reflection.start : reflection.end]
    assert row.pair_id == RIGHT.trace.trace_id
    assert row.trace_ids[-1] == RIGHT.trace.trace_id
    assert row.trace_id not in row.trace_ids


def test_the_spans_cover_the_turn_without_a_gap() -> None:
    wrong = [sample(f"I guess {n}.", answer=str(n), number=n) for n in (39, 40, 41)]
    (row,) = stitched_rows(placed(*wrong, RIGHT, journey={"max_wrong": 3}))
    ends = [span.end for span in row.spans]
    assert row.spans[0].start == len("<think>\n")
    assert [span.start for span in row.spans[1:]] == ends[:-1]
    assert ends[-1] == len(row.messages[-1].content)


def test_no_more_wrong_trials_than_allowed_and_none_twice() -> None:
    wrong = [sample(f"I guess {n}.", answer=str(n), number=n) for n in range(30, 40)]
    again = [sample(f"I say {n}.", answer=str(n), number=100 + n) for n in range(30, 40)]
    for most in (1, 2, 3):
        group = placed(*wrong, *again, RIGHT, journey={"max_wrong": most})
        (row,) = stitched_rows(group)
        assert 1 <= len(row.trace_ids) - 1 <= most
        answers = {s.extracted for s in group.group.samples if s.trace.trace_id in row.trace_ids}
        assert len(answers) == len(row.trace_ids)


def test_a_wrong_path_ends_after_its_first_false_equation_and_the_reflection_corrects_it() -> None:
    wrong = sample("5 * 7 = 36, so far.\nThen 36 + 7 = 43.", answer="43", number=1)
    (row,) = stitched_rows(placed(wrong, RIGHT))
    text = row.messages[-1].content
    attempt, reflection, _ = (text[s.start : s.end].strip() for s in row.spans)
    assert attempt == "5 * 7 = 36, so far."
    assert "5 * 7 = 36" in reflection
    assert "35" in reflection


def test_a_wrong_path_ends_after_the_step_labelled_wrong_and_the_reflection_gives_the_reason() -> (
    None
):
    steps = ["Step 1: six is 6.", "Step 2: six sixes are 36.", "Step 3: so it is 36."]
    label = {"steps": steps, "first_error_step": 2, "error_reason": "It needs six sevens."}
    wrong = sample("\n".join(steps), answer="36", number=1, extra=label)
    (row,) = stitched_rows(placed(wrong, RIGHT))
    text = row.messages[-1].content
    attempt, reflection, _ = (text[s.start : s.end].strip() for s in row.spans)
    assert attempt == "Step 1: six is 6.\nStep 2: six sixes are 36."
    assert "It needs six sevens." in reflection


def test_only_samples_that_are_verified_wrong_and_otherwise_fit_are_wrong_paths() -> None:
    unfit = [
        sample("I guess 40.", answer="40", number=1, rules=("not_correct", "repetition")),
        sample("I guess 41.", answer="41", number=2, finish_reason="length"),
        sample("I <think> guess 39.", answer="39", number=3),
        sample("", answer="38", number=4, response="38"),
    ]
    assert not list(stitched_rows(placed(*unfit, RIGHT)))


def test_without_a_right_sample_there_is_no_journey() -> None:
    assert not list(stitched_rows(placed(sample("I guess 40.", answer="40"))))


def test_a_failed_test_is_named_by_the_reflection() -> None:
    asked = problem(verifier="code", domain="code")
    detail = "f(1, 2) gave -1, expected 3; in namespaces, 5.0 s"
    wrong = sample("a - b", answer="40", number=1, of=asked, detail=detail)
    right = sample("a + b", number=2, of=asked)
    (row,) = stitched_rows(placed(wrong, right))
    assert "f(1, 2) gave -1, expected 3" in row.messages[-1].content
    assert "namespaces" not in row.messages[-1].content


def test_a_violated_constraint_is_named_by_the_reflection() -> None:
    asked = problem(verifier="constraints", domain="general")
    wrong = sample("Shout.", answer="NO", number=1, of=asked, detail="broken: lower case only")
    right = sample("Whisper.", number=2, of=asked)
    (row,) = stitched_rows(placed(wrong, right))
    assert "lower case only" in row.messages[-1].content


def test_the_same_samples_in_any_order_make_the_same_row() -> None:
    wrong = [sample(f"I guess {n}.", answer=str(n), number=n) for n in (39, 40, 41)]
    assert list(stitched_rows(placed(*wrong, RIGHT))) == list(
        stitched_rows(placed(RIGHT, *reversed(wrong)))
    )


def test_a_wrong_path_read_out_of_an_answer_goes_on_to_its_conclusion() -> None:
    wrong = sample("", answer="40", number=1, response="I guess so.\n\nThe answer is 40.")
    (row,) = stitched_rows(placed(wrong, RIGHT))
    first = row.spans[0]
    attempt = row.messages[-1].content[first.start : first.end].strip()
    assert attempt == "I guess so.\n\nThe answer is 40."


def test_a_reason_in_another_script_than_the_problems_is_not_quoted() -> None:
    steps = ["Step 1: 6 * 6 = 37.", "Step 2: so it is 37."]
    label = {"steps": steps, "first_error_step": 1, "error_reason": "计算错误。"}
    wrong = sample("\n".join(steps), answer="37", number=1, extra=label)
    (row,) = stitched_rows(placed(wrong, RIGHT))
    first, reflection, _ = row.spans
    text = row.messages[-1].content
    assert text[first.start : first.end].strip() == "Step 1: 6 * 6 = 37."
    assert "36" in text[reflection.start : reflection.end]
    assert "计算" not in text


@pytest.mark.parametrize(
    ("wrong", "right", "same"),
    [
        ("t = 36", "36", True),
        ("$36", "36", True),
        ("36.0", "36", True),
        ("-0.8947, 0.9914", "-0.8947, 0.9915", True),
        ("1001", "1000", False),
        ("2x + 3", "2x - 3", False),
        ("Yes", "yes", True),
        ("-36", "36", False),
        ("1/36", "36", False),
        ("0.36", "36", False),
        ("(36, 4)", "36", False),
        ("35", "36", False),
        ("B", "A", False),
        ("A, B", "B", False),
        (None, "36", False),
    ],
)
def test_the_right_answer_in_other_dress_is_no_wrong_answer(
    wrong: str | None, right: str, *, same: bool
) -> None:
    assert same_value(wrong, right) is same


def test_what_only_a_strict_verifier_rejects_makes_no_journey() -> None:
    dressed = sample("Six sevens are 42.", answer="t = 42", number=1)
    assert not list(stitched_rows(placed(dressed, RIGHT)))


def test_a_wrong_path_whose_answer_stood_in_tags_ends_with_that_answer() -> None:
    response = "I guess so. The answer must then be:\n<answer>40</answer>"
    wrong = sample("", answer="40", number=1, response=response)
    (row,) = stitched_rows(placed(wrong, RIGHT))
    first = row.spans[0]
    attempt = row.messages[-1].content[first.start : first.end].strip()
    assert attempt.endswith("The answer must then be: 40")


def test_an_answer_that_the_right_path_comes_by_is_no_wrong_attempt() -> None:
    asked = problem(reference="43")
    right = sample(r"The odds are $\frac{1}{42}$, and 1 + 42 = 43.", answer="43", of=asked)
    short = sample("The odds are 1/42.", answer="1/42", number=1, of=asked)
    assert not list(stitched_rows(placed(short, right)))
    other = sample("The odds are 1/40.", answer="1/40", number=1, of=asked)
    assert list(stitched_rows(placed(other, right)))
