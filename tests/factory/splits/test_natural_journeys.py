from cotfactory.splits.builders import journey_rows, shortcut_rows
from split_samples import judged, placed, problem, sample

WAIT = "Wait, that is one too few."
DETOUR = f"Six sixes make 36. So the answer is 36.\n\n{WAIT}\n\nSix sevens make 42."


def test_a_thought_that_states_a_wrong_answer_and_sees_it_is_a_journey() -> None:
    group = placed(judged(sample(DETOUR)))
    (row,) = journey_rows(group)
    text = row.messages[-1].content
    held = [(s.role, s.status, text[s.start : s.end].strip()) for s in row.spans]
    assert held == [
        ("wrong_attempt", "incorrect", "Six sixes make 36. So the answer is 36."),
        ("reflection", None, WAIT),
        ("correct_path", "correct", "Six sevens make 42.\n</think>\n\nThe answer is 42."),
    ]
    assert row.origin == "natural"
    assert not list(shortcut_rows(group))


def test_a_journey_without_a_shortcut_is_rejected_by_name_unless_it_may_stand_alone() -> None:
    alone = judged(sample(DETOUR))
    (place,) = placed(alone, journey={"paired": True}).places.values()
    assert (place.split, place.rules) == ("rejected", ("journey_unpaired",))
    (row,) = journey_rows(placed(alone))
    assert row.pair_id is None


def test_a_journey_is_paired_with_the_straightest_shortcut_of_its_problem() -> None:
    straight = judged(sample("Six sevens make 42.", number=1))
    hesitant = judged(sample("Hmm. Wait. Six sevens make 42.", number=2))
    (row,) = journey_rows(placed(judged(sample(DETOUR)), hesitant, straight))
    assert row.pair_id == straight.trace.trace_id


def test_a_wrong_answer_that_nothing_recognises_makes_no_journey() -> None:
    silent = judged(sample("So the answer is 36. So the answer is 42."))
    group = placed(silent)
    assert not list(journey_rows(group))
    assert silent.wrong_candidates == 1


def test_an_intermediate_value_called_the_answer_makes_no_journey() -> None:
    thought = "So the answer should be 6, and 6 times 7 = 42.\n\nBut wait, is that so?\n\nYes, 42."
    assert not list(journey_rows(placed(judged(sample(thought)))))


def test_a_wrong_trace_is_no_journey_however_it_reflects() -> None:
    wrong = judged(sample(DETOUR, answer="43"))
    assert not list(journey_rows(placed(wrong)))


def test_a_journey_with_more_wrong_trials_than_allowed_is_rejected_by_name() -> None:
    again = f"So the answer is 35.\n\nHold on, no.\n\n{DETOUR}"
    group = placed(judged(sample(again)), journey={"max_wrong": 1})
    (place,) = group.places.values()
    assert (place.split, place.rules) == ("rejected", ("journey_max_wrong",))


def test_kept_traces_that_cannot_be_rows_are_rejected_by_name() -> None:
    tagged = sample("Six sevens. </think> <think> 42.", number=1)
    bare = sample("", response="42", number=2)
    silent = sample("Six sevens make 42.", response="", number=3)
    group = placed(tagged, bare, silent)
    assert [p.rules for p in group.places.values()] == [
        ("thought_tags",),
        ("no_thought",),
        ("no_answer",),
    ]


def test_a_problem_that_wants_no_reasoning_keeps_its_bare_answer() -> None:
    asked = problem(kind="non_reasoning")
    (row,) = shortcut_rows(placed(sample("", response="42", of=asked)))
    assert row.messages[-1].content == "<think>\n\n</think>\n\n42"


def test_a_right_answer_that_a_label_calls_wrongly_reasoned_is_rejected_by_name() -> None:
    label = {"steps": ["Six sixes.", "So 42."], "first_error_step": 1, "error_reason": "No."}
    (place,) = placed(sample("Six sixes.\nSo 42.", extra=label)).places.values()
    assert place.rules == ("wrong_step",)
