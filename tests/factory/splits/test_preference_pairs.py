from typing import Any

from cotfactory.splits.group import Sample
from cotfactory.splits.preference import preference_rows
from split_samples import placed, sample

RIGHT = sample("Six sevens are 42.", number=9)


def wrong(answer: str, **changes: Any) -> Sample:
    return sample(f"I guess {answer}.", answer=answer, number=int(answer), **changes)


def test_a_right_and_a_wrong_sample_make_a_pair_in_the_columns_of_trl() -> None:
    (row,) = preference_rows(placed(wrong("40"), RIGHT, preference_per_problem=1))
    assert [m.role for m in row.prompt] == ["user"]
    assert row.chosen[0].content == "<think>\nSix sevens are 42.\n</think>\n\nThe answer is 42."
    assert row.rejected[0].content == "<think>\nI guess 40.\n</think>\n\nThe answer is 40."


def test_no_more_pairs_than_wanted_and_no_wrong_answer_twice() -> None:
    again = sample("I say 40.", answer="40", number=140)
    group = (wrong("40"), again, wrong("41"), wrong("39"), RIGHT)
    assert len(list(preference_rows(placed(*group, preference_per_problem=2)))) == 2
    assert len(list(preference_rows(placed(*group, preference_per_problem=9)))) == 3
    assert not list(preference_rows(placed(*group)))


def test_a_wrong_sample_that_another_rule_rejects_is_no_counterpart() -> None:
    looped = wrong("40", rules=("not_correct", "repetition"))
    assert not list(preference_rows(placed(looped, RIGHT, preference_per_problem=1)))
