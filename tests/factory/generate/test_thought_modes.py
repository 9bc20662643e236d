"""How a problem's `thought` changes what its teacher is shown, and what is recorded."""

from typing import Literal

import pytest

from builders import problem
from cotfactory.engines.base import Completion
from cotfactory.generate import prompts
from cotfactory.generate.plan import Asked
from cotfactory.generate.samples import Sample, Sampler
from cotfactory.splits.continued import Handed
from cotfactory_schemas import Message, Problem, Teacher, Trace

TEACHER = Teacher.model_validate(
    {
        "model": "scripted",
        "prefill": "<think>\n",
        "instructions": {"general": "Answer in the language of the question."},
        "short_thought": "Think briefly.",
        "examples": [{"user": "Hi", "assistant": "<think>\nA greeting.</think>\n\nHello!"}],
        "sampling": {"max_tokens": 100},
    }
)
SAMPLER = Sampler(TEACHER, "scripted", seed=0)


def asked(thought: str) -> Asked:
    wanted = {"thought": thought, "domain": "general", "kind": "non_reasoning", "verifier": ""}
    return Asked(problem("Who wrote Faust?", **wanted), 0)


def shown(thought: str) -> tuple[Message, ...]:
    return prompts.render(TEACHER, asked(thought).problem)


def answered(sample: Sample, text: str, finish_reason: Literal["stop", "length"] = "stop") -> Trace:
    return SAMPLER.trace(sample, Completion(text, finish_reason, 5, 10, 0.01))


def test_a_short_thought_is_asked_for_after_the_domains_instruction() -> None:
    assert shown("short")[-1].content == (
        "Who wrote Faust?\n\nAnswer in the language of the question.\n\nThink briefly."
    )
    assert "briefly" not in shown("full")[-1].content


def test_worked_examples_carry_no_wish_for_a_short_thought() -> None:
    assert shown("short")[:-1] == shown("full")[:-1]


def test_no_thought_opens_with_an_empty_one_and_the_answer_follows_it() -> None:
    sample = SAMPLER.fresh(asked("none"), 0)
    request = SAMPLER.request(sample)
    assert request.messages == shown("full")
    assert request.opening == "<think>\n\n</think>\n\n"
    trace = answered(sample, "Goethe.")
    assert trace.raw == "<think>\n\n</think>\n\nGoethe."
    assert (trace.reasoning.strip(), trace.response.strip()) == ("", "Goethe.")


@pytest.mark.parametrize("thought", ["full", "short", "none"])
def test_a_cut_answer_goes_on_exactly_where_it_ended(thought: str) -> None:
    first = answered(SAMPLER.fresh(asked(thought), 0), "Goe", "length")
    longer = SAMPLER.longer(asked(thought), first, 200)
    assert SAMPLER.request(longer).opening == first.raw
    assert answered(longer, "the.").raw == first.raw + "the."


@pytest.mark.parametrize("thought", ["full", "none"])
def test_a_journey_goes_on_exactly_where_its_reflection_ends(thought: str) -> None:
    parent = answered(SAMPLER.fresh(asked(thought), 0), "Schiller.</think>Schiller")
    handed = Handed(f"{TEACHER.prefill}Schiller.\n\nWait, no.", "Wait, no.")
    journey = SAMPLER.journey(asked(thought), parent, handed)
    assert SAMPLER.request(journey).opening == handed.text
    assert answered(journey, " Goethe.").raw == f"{handed.text} Goethe."


def test_what_makes_a_thought_short_shapes_answers_and_names_another_teacher() -> None:
    changed = Teacher.model_validate(TEACHER.model_dump() | {"short_thought": "One sentence."})
    assert changed.fingerprint != TEACHER.fingerprint


def test_a_problem_keeps_its_id_whatever_thought_it_wants() -> None:
    ids = {asked(thought).problem.problem_id for thought in ("full", "short", "none")}
    assert len(ids) == 1
    assert Problem.model_fields["thought"].default == "full"
