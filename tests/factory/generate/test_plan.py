import math
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import problem
from cotfactory.generate.plan import Asked, Plan, chance_of_fewer
from cotfactory_schemas import Status
from cotfactory_schemas.recipe import GenerateSettings


def plan(problems: int = 3, **settings: object) -> tuple[Plan, list[Asked]]:
    made = Plan(GenerateSettings.model_validate(settings))
    asked = [Asked(problem(f"Problem {n}"), n) for n in range(problems)]
    for one in asked:
        made.admit(one)
    return made, asked


def take(made: Plan, count: int) -> list[tuple[int, int]]:
    taken = [made.next() for _ in range(count)]
    return [(asked.order, sample) for asked, sample in filter(None, taken)]


def test_every_problem_gets_its_first_sample_before_any_gets_a_second() -> None:
    made, _ = plan(3, max_samples=2, until_correct=False)
    assert take(made, 7) == [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1)]


def test_a_solved_problem_is_asked_no_more() -> None:
    made, (one, two) = plan(2, max_samples=8, speculate_above=1.0)
    take(made, 2)
    made.judged(one, "correct")
    made.judged(two, "incorrect")
    assert take(made, 3) == [(1, 1)]
    assert made.outcomes == {"accepted": 1}


def test_a_sample_beside_an_unjudged_one_waits_until_it_is_likely_to_be_needed() -> None:
    sure, _ = plan(1, speculate_above=0.5)
    bold, _ = plan(1, speculate_above=0.5)
    for _ in range(9):
        sure.count(Asked(problem(), 9), "correct")
        bold.count(Asked(problem(), 9), "incorrect")
    assert len(take(sure, 3)) == 1
    assert len(take(bold, 3)) == 3


def test_a_lost_sample_is_asked_for_again_under_its_own_index() -> None:
    made, (one,) = plan(1, max_samples=2, until_correct=False)
    assert take(made, 2) == [(0, 0), (0, 1)]
    made.lost(one, 0)
    assert take(made, 2) == [(0, 0)]


def test_a_problem_whose_budget_is_spent_is_exhausted() -> None:
    made, (one,) = plan(1, max_samples=1)
    take(made, 1)
    made.judged(one, "incorrect")
    assert (made.active, made.outcomes) == (0, {"exhausted": 1})


def test_a_hopeless_problem_is_given_up_before_its_budget_is_spent() -> None:
    made, (one,) = plan(1, max_samples=64, hopeless_below=0.6, speculate_above=1.0)
    while take(made, 1):
        made.judged(one, "incorrect")
    assert made.outcomes == {"hopeless": 1}
    assert 1 < len(one.used) < 64


def test_problems_that_nothing_can_judge_get_the_wanted_samples() -> None:
    made = Plan(GenerateSettings(wanted_correct=2, max_samples=8))
    free = Asked(problem(verifier="", reference=None), 0)
    made.admit(free)
    assert take(made, 5) == [(0, 0), (0, 1)]
    made.judged(free, "unverifiable")
    made.judged(free, "unverifiable")
    assert made.outcomes == {"unverifiable": 1}


def test_a_full_domain_is_asked_no_more() -> None:
    made, asked = plan(3, quotas={"math": 1}, speculate_above=1.0)
    take(made, 1)
    made.judged(asked[0], "correct")
    assert take(made, 3) == []
    assert made.outcomes == {"quota": 3}


def test_near_the_end_the_longest_expected_sample_comes_first() -> None:
    made, asked = plan(3, until_correct=False, max_samples=2)
    take(made, 3)
    for one, seconds in zip(asked, (10, 1000, 100), strict=True):
        made.took(one, seconds)
        made.judged(one, "incorrect")
    made.longest_first()
    assert take(made, 3) == [(1, 1), (2, 1), (0, 1)]


def test_a_problem_whose_sample_runs_for_long_is_expected_to_take_long() -> None:
    made, asked = plan(3, until_correct=False, max_samples=2)
    take(made, 3)
    for one, since in zip(asked, (90.0, 10.0, 50.0), strict=True):
        made.started(one, since)
    made.longest_first()
    assert [made.next(100.0), made.next(100.0)] == [(asked[1], 1), (asked[2], 1)]


@given(st.lists(st.sampled_from(["correct", "incorrect", "unparsable"]), min_size=40, max_size=40))
def test_no_problem_gets_more_samples_than_allowed_and_every_one_ends(
    statuses: list[Status],
) -> None:
    made, asked = plan(5, wanted_correct=2, max_samples=6, hopeless_below=0.1)
    verdicts = iter(statuses * 2)
    while (due := made.next()) is not None:
        made.judged(due[0], next(verdicts))
    assert made.active == 0
    assert all(len(one.used) <= 6 and one.correct <= 2 for one in asked)


@pytest.mark.parametrize(("wanted", "samples"), list(product([1, 2, 3], [0, 1, 2, 5])))
def test_the_chance_of_fewer_agrees_with_its_integral(wanted: int, samples: int) -> None:
    a, b, steps = 1.5, 2.5, 20_000
    rates = [(i + 0.5) / steps for i in range(steps)]
    weights = [p ** (a - 1) * (1 - p) ** (b - 1) for p in rates]
    below = [
        sum(math.comb(samples, h) * p**h * (1 - p) ** (samples - h) for h in range(wanted))
        for p in rates
    ]
    integral = sum(w * q for w, q in zip(weights, below, strict=True)) / sum(weights)
    assert chance_of_fewer(wanted, samples, a, b) == pytest.approx(min(integral, 1), abs=1e-3)
