"""Sessions of generating, over sums whose answers are recorded."""

import json
from pathlib import Path
from typing import Any

from cotfactory.generate import generate
from cotfactory.generate.limits import Limits
from cotfactory.store.run import Run
from cotfactory_schemas import Recipe

WRONG = "2 + 3 = 6. So the answer is 6.</think>The answer is \\boxed{6}"
RIGHT = "2 + 3 = 5. So the answer is 5.</think>The answer is \\boxed{5}"
GONE_ON = " Counting again, 2 + 3 = 5.</think>The answer is \\boxed{5}"


def recipe(folder: Path, questions: int, answers: list[str], **generate: Any) -> Recipe:
    """A recipe over sums whose recorded answers come in order."""
    prompts = [f"What is 2 + 3? (asked {n} times)" for n in range(questions)]
    rows = [json.dumps({"prompt": p, "reference": "5"}) for p in prompts]
    (folder / "problems.jsonl").write_text("\n".join(rows), "utf-8")
    recorded = [
        json.dumps({"prompt": p, "text": a, "completion_tokens": 10})
        for p in prompts
        for a in answers
    ]
    (folder / "answers.jsonl").write_text("\n".join(recorded), "utf-8")
    source = {"kind": "files", "paths": [str(folder / "problems.jsonl")], "verifier": "math"}
    return Recipe.model_validate(
        {
            "name": "session",
            "problems": [{**source, "domain": "math"}],
            "teacher": {"model": "recorded", "prefill": "<think>"},
            "engine": {"kind": "replay", "path": str(folder / "answers.jsonl")},
            "generate": {"speculate_above": 1.0, **generate},
        }
    )


def session(path: Path, made: Recipe, limits: Limits | None = None) -> dict[str, Any]:
    with Run.open(path, made) as run:
        return generate(run, lambda _: None, limits).report
