"""`--pilot`: which problems it takes, and what it says of the others."""

import json
import random
from pathlib import Path

import pytest

from cotfactory.errors import UsageError
from cotfactory.generate.limits import Limits
from cotfactory.generate.pilot import Projection, choose, project
from cotfactory.sources import RowFault, problems
from cotfactory.store.read import scan
from cotfactory.store.run import Run
from cotfactory_schemas import Recipe
from recorded_session import RIGHT, WRONG, recipe, session


def taken(made: Recipe, size: str, within: Limits | None = None) -> set[str]:
    limits = choose(size, made, within or Limits()).limits
    ids = {p.problem_id for p in problems(made.problems) if not isinstance(p, RowFault)}
    return {problem_id for problem_id in ids if limits.includes(problem_id)}


def piloted(path: Path, made: Recipe, size: str, tokens_per_s: float = 1000.0) -> Projection:
    chosen = choose(size, made, Limits())
    session(path, made, chosen.limits)
    return project(Run.read(path), chosen, tokens_per_s)


def test_a_number_takes_exactly_so_many_and_a_share_at_least_one(tmp_path: Path) -> None:
    made = recipe(tmp_path, 40, [RIGHT])
    sizes = {"2": 2, "5": 5, "39": 39, "400": 40, "1%": 1, "30%": 12, "2.5%": 1, "100%": 40}
    assert {size: len(taken(made, size)) for size in sizes} == sizes


def test_a_slice_does_not_depend_on_the_order_and_a_larger_one_holds_it(tmp_path: Path) -> None:
    made = recipe(tmp_path, 40, [RIGHT])
    before = taken(made, "10")
    path = tmp_path / "problems.jsonl"
    lines = path.read_text("utf-8").splitlines()
    random.Random(1).shuffle(lines)
    path.write_text("\n".join(lines), "utf-8")
    assert taken(made, "10") == before < taken(made, "50%")


def test_a_pilot_of_a_shard_is_a_part_of_the_shard(tmp_path: Path) -> None:
    made = recipe(tmp_path, 40, [RIGHT])
    shard = Limits(shard=(0, 2), max_runtime_s=60)
    chosen = choose("3", made, shard)
    assert (chosen.limits.shard, chosen.limits.max_runtime_s) == ((0, 2), 60)
    assert chosen.of == len(taken(made, "100%", shard)) < 40
    assert len(taken(made, "3", shard)) == 3


@pytest.mark.parametrize("size", ["", "some", "0", "0%", "-3", "0.5", "1 %"])
def test_what_is_no_size_is_mended(size: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--pilot"):
        choose(size, recipe(tmp_path, 4, [RIGHT]), Limits())


def test_a_pilot_is_a_part_of_the_run_and_projects_the_whole(tmp_path: Path) -> None:
    priced = {"price": {"per_million_tokens": 2.0}}
    made = recipe(tmp_path, 40, [WRONG, RIGHT], max_samples=2, **priced)
    projection = piloted(tmp_path / "run", made, "30%")
    assert (projection.pilot_problems, projection.problems) == (12, 40)
    assert projection.samples.low <= projection.samples.mean == 80 <= projection.samples.high
    assert projection.accepted.mean == 40
    assert projection.tokens.mean == 800
    assert projection.cost is not None
    assert projection.cost.mean == pytest.approx(800 * 2.0 / 1e6)
    assert session(tmp_path / "run", made)["requests"] == 2 * (40 - 12)


def test_a_repeated_pilot_asks_nothing_and_says_the_same(tmp_path: Path) -> None:
    made = recipe(tmp_path, 40, [WRONG, RIGHT], max_samples=2)
    first = piloted(tmp_path / "run", made, "12")
    assert piloted(tmp_path / "run", made, "12") == first
    assert len(scan(Run.read(tmp_path / "run"), "traces").collect()) == 24
    rate = Run.read(tmp_path / "run").manifest["generate"]["tokens_per_s"]
    assert rate > 0


def test_few_problems_have_no_intervals(tmp_path: Path) -> None:
    made = recipe(tmp_path, 40, [RIGHT])
    projection = piloted(tmp_path / "run", made, "1%")
    assert projection.samples.mean == 40
    assert "interval " not in projection.text()
    assert "No intervals" in projection.text()
    facts = json.loads(json.dumps(projection.facts(), allow_nan=False))
    assert facts["samples"] == {"mean": 40, "low": None, "high": None}


def test_a_pilot_is_not_told_by_problems_outside_of_it(tmp_path: Path) -> None:
    made = recipe(tmp_path, 20, [WRONG, RIGHT], max_samples=2)
    session(tmp_path / "run", made)
    assert piloted(tmp_path / "run", made, "12").pilot_problems == 12


def test_an_answer_that_was_gone_on_with_counts_once(tmp_path: Path) -> None:
    cut = {"finish_reason": "length", "completion_tokens": 10}
    prompts = [f"What is {n} + 3?" for n in range(12)]
    made = recipe(tmp_path, 0, [])
    rows = [json.dumps({"prompt": p, "reference": "5"}) for p in prompts]
    (tmp_path / "problems.jsonl").write_text("\n".join(rows), "utf-8")
    answers = [{"prompt": p, "text": "2 + 3", **cut} for p in prompts]
    ends = [
        {"prompt": p, "text": " = 5</think>\\boxed{5}", "completion_tokens": 7} for p in prompts
    ]
    lines = [json.dumps(a) for pair in zip(answers, ends, strict=True) for a in pair]
    (tmp_path / "answers.jsonl").write_text("\n".join(lines), "utf-8")
    teacher = {"model": "recorded", "prefill": "<think>", "sampling": {"max_tokens": 10}}
    said = made.model_dump() | {"teacher": teacher, "generate": {"continue_truncated": [20]}}
    projection = piloted(tmp_path / "run", Recipe.model_validate(said), "12")
    assert (projection.samples.mean, projection.tokens.mean) == (12, 12 * 17)
