"""`--dry-run`: the plan is that of the call that follows, and nothing is written."""

import json
from pathlib import Path

import pytest

from cotfactory.errors import UsageError
from cotfactory.generate.limits import Limits
from cotfactory.generate.pilot import choose
from cotfactory.generate.preview import SHOWN_FAULTS, preview
from cotfactory_schemas import Recipe
from recorded_session import GONE_ON, RIGHT, WRONG, recipe, session

CUT = "2 + 3 is five, or"


def limited(made: Recipe, max_tokens: int, *further: int) -> Recipe:
    """The recipe with these token limits."""
    teacher = {"model": "recorded", "prefill": "<think>", "sampling": {"max_tokens": max_tokens}}
    said = made.model_dump()
    generate = said["generate"] | {"continue_truncated": further}
    return Recipe.model_validate(said | {"teacher": teacher, "generate": generate})


def cut_answers(folder: Path, questions: int) -> Recipe:
    """A recipe whose every answer is cut after 10 tokens."""
    made = recipe(folder, questions, [CUT], max_samples=1)
    path = folder / "answers.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    lines = [json.dumps(row | {"finish_reason": "length"}) for row in rows]
    path.write_text("\n".join(lines), "utf-8")
    return limited(made, 10)


def test_a_preview_counts_what_is_left_and_writes_nothing(tmp_path: Path) -> None:
    made = recipe(tmp_path, 10, [WRONG, RIGHT], max_samples=4)
    before = preview(made, tmp_path / "run")
    assert (before.samples_at_least, before.samples_at_most) == (10, 40)
    assert before.prompts[0].endswith("[assistant]\n<think>…")
    assert not (tmp_path / "run").exists()
    session(tmp_path / "run", made)
    assert preview(made, tmp_path / "run").samples_at_most == 0


def test_cut_answers_are_planned_as_continuations_up_to_the_new_limit(tmp_path: Path) -> None:
    made = cut_answers(tmp_path, 8)
    session(tmp_path / "run", made)
    assert preview(made, tmp_path / "run").cut_samples == 0
    plan = preview(limited(made, 25), tmp_path / "run")
    assert (plan.cut_samples, plan.samples_at_most) == (8, 0)
    assert plan.tokens_at_most == 8 * (25 - 10)
    assert "8 answers that were cut" in plan.text()


def test_tokens_are_bounded_by_the_last_limit(tmp_path: Path) -> None:
    made = limited(recipe(tmp_path, 5, [RIGHT], max_samples=2), 100, 200, 400)
    assert preview(made, tmp_path / "run").tokens_at_most == 5 * 2 * 400


def test_a_shard_and_a_pilot_are_planned_for_themselves(tmp_path: Path) -> None:
    made = recipe(tmp_path, 40, [RIGHT], max_samples=1)
    shards = [preview(made, tmp_path / "run", Limits(shard=(n, 2))) for n in (0, 1)]
    assert sum(shard.samples_at_most for shard in shards) == 40
    assert all(0 < shard.samples_at_most < 40 for shard in shards)
    pilot = choose("5", made, Limits()).limits
    assert preview(made, tmp_path / "run", pilot).samples_at_most == 5


def test_wrong_thoughts_to_hand_back_are_planned(tmp_path: Path) -> None:
    answers = [WRONG, RIGHT, GONE_ON]
    made = recipe(tmp_path, 4, answers, max_samples=2, journeys_per_problem=1)
    before = preview(made, tmp_path / "run")
    assert before.journeys_at_most == 4
    limit = made.teacher.sampling.max_tokens if made.teacher else 0
    assert before.tokens_at_most == (4 * 2 + 4) * limit
    without = recipe(tmp_path, 4, answers, max_samples=2)
    session(tmp_path / "run", without)
    assert preview(without, tmp_path / "run").journeys_at_most == 0
    assert preview(made, tmp_path / "run").journeys_at_most == 4
    session(tmp_path / "run", made)
    assert preview(made, tmp_path / "run").journeys_at_most == 0


def test_a_quota_bounds_how_few_samples_may_do(tmp_path: Path) -> None:
    made = recipe(tmp_path, 20, [RIGHT], max_samples=2, quotas={"math": 3})
    plan = preview(made, tmp_path / "run")
    assert (plan.samples_at_least, plan.samples_at_most) == (3, 40)
    session(tmp_path / "run", made)
    assert preview(made, tmp_path / "run").samples_at_most == 0


def test_few_faults_are_shown_and_the_rest_counted(tmp_path: Path) -> None:
    made = recipe(tmp_path, 2, [RIGHT])
    with (tmp_path / "problems.jsonl").open("a", encoding="utf-8") as file:
        file.write("\n{torn" * 25)
    plan = preview(made, tmp_path / "run")
    assert (len(plan.row_faults), plan.skipped_rows) == (SHOWN_FAULTS, 25)
    assert plan.text().endswith("and 15 more rows skipped")


def test_a_recipe_without_any_problem_has_no_plan(tmp_path: Path) -> None:
    made = recipe(tmp_path, 0, [])
    (tmp_path / "problems.jsonl").write_text('{"question": "?"}\n' * 4, "utf-8")
    with pytest.raises(UsageError, match="none of 4 rows makes a problem"):
        preview(made, tmp_path / "run")
