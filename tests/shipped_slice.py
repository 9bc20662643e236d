"""Small slices of the shipped recipes: local rows for Hub datasets, a recording for the teacher."""

import json
import random
from pathlib import Path
from typing import Any

from cotfactory import recipe, sources
from cotfactory.generate import prompts
from cotfactory_schemas import Plugin, Problem, Recipe, Teacher

GYM_ENTRIES = 1
GENERAL_PROMPTS = 6
RIGHT = (1, 2)
"""Which of a problem's recorded answers are right; the first is wrong."""

TOKENS = 100  # of the first recorded answer; each later one is shorter by one

_HUB_ONLY = {"dataset", "config", "split", "revision"}
_ROWS = {  # prompt and answer
    "math": [("What is 12 + 30?", "42"), ("What is 7 times 8?", "56"), ("Halve 0.5.", "0.25")],
    "stem": [("What is the SI unit of force?", "newton"), ("How many moons has Mars?", "2")],
    "general": [("Write two sentences about rain.", "-"), ("Why is the sea salty?", "-")],
    "code": [],
    "logic": [],
}
_SAID = (
    "Let me read the question again and write down what is given",
    "But wait, that would not fit with what was said before",
    "So I try the other way and see where it leads me",
    "However, this step has to be checked before I go on",
    "It seems that the first idea was close, and yet not quite right",
    "Now I count once more, slowly, from the beginning to the end",
    "Hmm, there may be a shorter way to the same place",
    "Alternatively, I could start from the end and work back",
    "That agrees with what I found when I did it by hand",
    "Let me put the pieces together and look at the whole",
)


def slice_of(name: str, folder: Path) -> Recipe:
    """The shipped recipe with few problems, none of them from a Hub, and a recorded teacher."""
    shipped = recipe.load(name)
    problems = tuple(_small(plugin, folder, n) for n, plugin in enumerate(shipped.problems))
    benchmarks = tuple(
        _small(plugin, folder, -n) for n, plugin in enumerate(shipped.filter.benchmarks, 1)
    )
    recording = folder / "recording.jsonl"
    made = shipped.model_copy(
        update={
            "problems": problems,
            "engine": Plugin.model_validate({"kind": "replay", "path": str(recording)}),
            "filter": shipped.filter.model_copy(update={"benchmarks": benchmarks, "workers": 1}),
            "verify": shipped.verify.model_copy(update={"workers": 1}),
        }
    )
    recording.write_text("\n".join(map(json.dumps, _answers(made))), "utf-8")
    return made


def _small(plugin: Plugin, folder: Path, number: int) -> Plugin:
    options = plugin.options
    if plugin.kind == "reasoning_gym":
        return _plugin(plugin.kind, options | {"size": GYM_ENTRIES})
    if plugin.kind == "general":
        return _plugin(plugin.kind, options | {"size": GENERAL_PROMPTS})
    path = folder / f"rows{number}.jsonl"
    _write_rows(path, options["domain"] if number >= 0 else "math", options["columns"], number)
    kept = {key: value for key, value in options.items() if key not in _HUB_ONLY}
    return _plugin("files", kept | {"paths": [str(path)]})


def _plugin(kind: str, options: dict[str, Any]) -> Plugin:
    return Plugin.model_validate({**options, "kind": kind})


def _write_rows(path: Path, domain: str, columns: dict[str, str], number: int) -> None:
    rows = []
    for n, (prompt, answer) in enumerate(_ROWS[domain]):
        asked = prompt if number >= 0 else f"A question of a benchmark, number {n}, about {n} cats"
        solution = f"It is \\boxed{{{answer}}}."
        said = {"prompt": asked, "id": f"{n}", "reference": answer}
        row = {column: said[field] for field, column in columns.items()}
        rows.append(row | ({"solution": solution} if "solution" in row else {}))
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")


def _answers(made: Recipe) -> list[dict[str, Any]]:
    assert made.teacher is not None
    rows = []
    for problem in sources.problems(made.problems):
        assert isinstance(problem, Problem), problem
        rows += [
            {
                "prompt": problem.prompt,
                "raw": _answer(made.teacher, problem, n),
                "completion_tokens": TOKENS - n,
            }
            for n in range(made.generate.max_samples)
        ]
    return rows


def _answer(teacher: Teacher, problem: Problem, number: int) -> str:
    dice = random.Random(f"{problem.problem_id} {number}")
    thought = "\n\n".join(f"{line}." for line in dice.sample(_SAID, len(_SAID) - 2))
    about = f"This is try {number} at a problem of {problem.domain}, {dice.random():.6f}."
    opening = prompts.prefill(teacher, problem)
    if problem.thought != "none":
        opening += f"{thought}\n\n{about}\n</think>\n\n"
    return opening + _response(problem, right=number in RIGHT)


def _response(problem: Problem, *, right: bool) -> str:
    if not problem.verifier:
        return f"Here is what you asked for: {problem.prompt}"
    answer = problem.reference or "" if right else "-1234567"
    if problem.verifier == "gym":
        return f"<answer>{answer}</answer>"
    return answer if "\\boxed" in answer else f"The answer is \\boxed{{{answer}}}."
