"""The verifier for reasoning-gym entries."""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import answers
from answers import trace
from cotfactory_filters.verify import make_verifier
from cotfactory_filters.verify.gym import GymVerifier
from cotfactory_filters.verify.pool import VerifierPool
from cotfactory_schemas import Problem, Verdict
from cotfactory_schemas.recipe import VerifySettings
from cotfactory_schemas.tables import from_row, to_row


def entry(dataset: str, index: int = 0, **config: Any) -> dict[str, Any]:
    gym = importlib.import_module("reasoning_gym")
    made: dict[str, Any] = gym.create_dataset(dataset, seed=3, size=20, **config)[index]
    return made


def problem(dataset: str, index: int = 0, **config: Any) -> Problem:
    question = entry(dataset, index, **config)["question"]
    checks = {"dataset": dataset, "config": {"size": 20, **config}, "seed": 3, "index": index}
    return answers.problem(None, "gym", prompt=f"{question}\nAnswer in tags.", checks=checks)


def judged(asked: Problem, answer: str) -> Verdict:
    return GymVerifier().verify(asked, trace(f"<answer>{answer}</answer>"))


@pytest.mark.parametrize(
    "dataset",
    ["chain_sum", "basic_arithmetic", "gsm_symbolic", "simple_equations", "letter_counting"],
)
def test_the_stored_answer_is_correct_and_another_is_not(dataset: str) -> None:
    right = judged(problem(dataset, 2), entry(dataset, 2)["answer"])
    assert (right.status, right.method, right.score) == ("correct", "score_answer", 1.0)
    assert judged(problem(dataset, 2), "-987654").status == "incorrect"


def test_a_dataset_without_a_stored_answer_accepts_any_valid_one() -> None:
    coloured = entry("graph_color")
    assert coloured["answer"] is None
    solution = coloured["metadata"]["possible_answer"]
    assert judged(problem("graph_color"), json.dumps(solution)).status == "correct"
    wrong = dict.fromkeys(solution, 1)
    assert judged(problem("graph_color"), json.dumps(wrong)).status == "incorrect"


def test_near_is_not_correct_unless_the_threshold_says_so() -> None:
    text = entry("caesar_cipher")["answer"]
    near = trace(f"<answer>{text}.</answer>")
    assert GymVerifier().verify(problem("caesar_cipher"), near).status == "incorrect"
    lenient = make_verifier("gym", {"threshold": 0.9})
    assert lenient.verify(problem("caesar_cipher"), near).status == "correct"


def test_a_verdict_follows_from_the_stored_problem_alone() -> None:
    asked = problem("zebra_puzzles", 4)
    stored = from_row(Problem, to_row(asked))
    answer = entry("zebra_puzzles", 4)["answer"]
    assert judged(stored, answer) == judged(asked, answer)
    assert judged(stored, answer).status == "correct"


def test_an_answer_in_a_sentence_is_found_by_its_box() -> None:
    said = GymVerifier().verify(
        problem("chain_sum"), trace(f"So it is \\boxed{{{entry('chain_sum')['answer']}}}.")
    )
    assert (said.status, said.found) == ("correct", "boxed")


def test_no_answer_is_unparsable() -> None:
    assert GymVerifier().verify(problem("chain_sum"), trace("")).status == "unparsable"


@pytest.mark.parametrize(
    ("checks", "names"),
    [
        ({"dataset": "no_such_dataset", "seed": 1, "index": 0}, "no_such_dataset"),
        ({"dataset": "chain_sum", "seed": 1, "index": 0, "config": {"min_termz": 1}}, "min_termz"),
        ({"dataset": "chain_sum", "seed": 1, "index": 5, "config": {"min_terms": 0}}, "min_terms"),
        ({"dataset": "chain_sum", "seed": 1}, "index"),
        ({"dataset": "composite", "seed": 1, "index": 0}, "composite"),
    ],
)
def test_what_cannot_be_made_again_is_unverifiable_and_named(
    checks: dict[str, Any], names: str
) -> None:
    asked = problem("chain_sum").model_copy(update={"checks": checks})
    verdict = GymVerifier().verify(asked, trace("<answer>1</answer>"))
    assert verdict.status == "unverifiable"
    assert names in verdict.detail


def test_entries_that_depend_on_the_size_are_made_with_the_stored_size() -> None:
    made = entry("acre", 1)
    assert judged(problem("acre", 1), made["answer"]).status == "correct"


@pytest.mark.parametrize("dataset", ["simple_integration", "countdown", "puzzle24", "n_queens"])
def test_answers_that_would_run_in_the_scorer_do_not(dataset: str, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    for payload in (
        f"__import__('pathlib').Path('{canary}').touch()",
        f"[c for c in ().__class__.__base__.__subclasses__()] or open('{canary}', 'w')",
        f"(lambda: open('{canary}','w'))()",
        f'f"{{open({str(canary)!r}, chr(119))}}"',
    ):
        assert judged(problem(dataset), payload).status == "unparsable"
        assert not canary.exists()


def test_an_entry_that_turns_out_another_question_is_unverifiable() -> None:
    other = problem("chain_sum", 1).model_copy(update={"messages": problem("lcm").messages})
    verdict = judged(other, entry("chain_sum", 1)["answer"])
    assert verdict.status == "unverifiable"
    assert "another question" in verdict.detail


def test_a_scorer_that_counts_every_answer_is_overruled() -> None:
    truth = entry("game_of_life_halting")["answer"]
    assert judged(problem("game_of_life_halting"), truth).status == "correct"
    other = {"True": "False", "False": "True"}[truth]
    assert judged(problem("game_of_life_halting"), other).status == "incorrect"


def test_puzzle24_must_use_the_given_numbers_and_reach_24_exactly() -> None:
    made = entry("puzzle24")
    assert judged(problem("puzzle24"), made["answer"]).status == "correct"
    invented = judged(problem("puzzle24"), "6*4*1*1")
    assert invented.status == "incorrect"
    assert invented.score == 1.0
    assert "other numbers" in invented.detail


def test_a_missing_library_is_named_with_the_mend() -> None:
    program = """
import sys
sys.modules["reasoning_gym"] = None
from cotfactory_filters.verify.gym import GymVerifier
from cotfactory_filters.verify.pool import VerifierPool
from cotfactory_schemas import Problem, Trace
checks = {"dataset": "lcm", "seed": 1, "index": 0}
message = {"role": "user", "content": "?"}
asked = Problem.model_validate({"messages": [message], "source": "s", "checks": checks})
trace = Trace(trace_id="t", problem_id="p", sample=0, teacher="x", model="m", raw="1",
              response="1", finish_reason="stop")
try:
    GymVerifier().verify(asked, trace)
except ValueError as error:
    print(error)
"""
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "pip install 'cotfactory[gym]'" in said.stdout


def test_a_scorer_that_swallows_the_alarm_is_a_timeout_all_the_same() -> None:
    slow = "+".join(f"sin(x**{n})**{n % 90}*exp(x**{n % 90})" for n in range(2, 60))
    asked = problem("simple_integration")
    with VerifierPool(VerifySettings(timeout_s=0.3)) as pool:
        pool.submit(asked, trace("<answer>x</answer>")).result()
        said = pool.submit(asked, trace(f"<answer>{slow}</answer>")).result()
    assert said.status == "timeout"
