"""Judges answers to reasoning-gym entries by the entries' own scorers."""

import contextlib
import copy
import functools
import importlib
import importlib.metadata
import json
import warnings
from typing import Any, ClassVar

from pydantic import Field, JsonValue, ValidationError

from cotfactory_filters.verify import gym_guard
from cotfactory_filters.verify.base import verdict
from cotfactory_filters.verify.extract import Missing, final_answer
from cotfactory_schemas import Problem, Settings, Trace, Verdict
from cotfactory_schemas.verdict import Status

READ_VERSION = "0.1.25"
"""The reasoning-gym whose scorers gym_guard was written for; others make other entries, too."""
DEFAULT_SIZE = 500  # reasoning-gym's own
MAX_ANSWER_CHARS = 20_000
SCORE_SLACK = 1e-9  # scorers compute with floats


class GymSettings(Settings):
    """`threshold` is the score from which an answer counts as correct.

    Full score is the default. The scorers give up to 0.999 for answers that are near but wrong (a
    day too many in time_intervals, a full stop too many in caesar_cipher). The five datasets that
    store no answer (boxnet, graph_color, propositional_logic, rubiks_cube, rush_hour) give full
    score to every valid one, so the same threshold fits them.
    """

    threshold: float = Field(default=1.0, gt=0, le=1)


class GymChecks(Settings):
    """The entry that a problem was made from: `create_dataset(dataset, seed, **config)[index]`.

    Without `size` in `config`, size is reasoning-gym's own default, or just enough for `index`;
    only acre's entries depend on it.
    """

    dataset: str
    config: dict[str, JsonValue] = Field(default_factory=dict)
    seed: int = Field(ge=0)
    index: int = Field(ge=0)


class GymVerifier:
    """Makes the problem's entry again and asks its scorer.

    The verdict follows from the stored problem, trace and settings alone. Answers that a scorer
    would execute are `unparsable` unless a harmless grammar reads them (see gym_guard).
    """

    name: ClassVar[str] = "gym"
    version: ClassVar[int] = 1
    settings_model: ClassVar[type[Settings]] = GymSettings

    def __init__(self, settings: GymSettings | None = None) -> None:
        self.settings = settings or GymSettings()

    def prepare(self) -> None:
        """Imports reasoning-gym, which takes seconds; `verify` says so when it is missing."""
        with contextlib.suppress(ValueError):
            _library()

    def verify(self, problem: Problem, trace: Trace) -> Verdict:
        """Judges the final answer of `trace` by the scorer of the entry that `problem` names.

        Raises:
            ValueError: reasoning-gym is not installed, or in another version.
        """
        try:
            checks = GymChecks.model_validate(problem.checks)
            dataset, entry = _entry(checks.model_dump_json())
            _expect_question(problem, entry)
        except (ValidationError, _NoSuchEntryError) as error:
            return verdict(self, trace, "unverifiable", detail=_fault(error))
        answer = final_answer(trace)
        if isinstance(answer, Missing):
            return verdict(self, trace, "unparsable", detail=answer.reason)
        seen = {"found": answer.how, "extracted": answer.text, "reference": entry["answer"]}
        text = gym_guard.scorable(checks.dataset, answer.text)
        if text is None or len(text) > MAX_ANSWER_CHARS:
            why = f"{checks.dataset} computes with its answers, and this is not in its grammar"
            return verdict(self, trace, "unparsable", detail=why, **seen)
        score = _score(dataset, text, entry)
        passed = score >= self.settings.threshold - SCORE_SLACK
        objection = gym_guard.objection(checks.dataset, text, entry) if passed else ""
        status: Status = "correct" if passed and not objection else "incorrect"
        seen |= {"method": "score_answer", "score": score, "detail": objection}
        return verdict(self, trace, status, **seen)


class _NoSuchEntryError(Exception):
    """What a problem names cannot be made."""


def _expect_question(problem: Problem, entry: dict[str, Any]) -> None:
    """Some datasets iterate over sets: with another hash seed their entries are others."""
    question = entry["question"].strip()
    if not any(question in message.content for message in problem.messages):
        raise _NoSuchEntryError(
            "reasoning-gym makes another question from these checks than the one in the prompt: "
            "dataset, config, seed, index or the process's PYTHONHASHSEED differ"
        )


def _fault(error: ValidationError | _NoSuchEntryError) -> str:
    if isinstance(error, _NoSuchEntryError):
        return str(error)
    first = error.errors()[0]
    return f"checks.{'.'.join(map(str, first['loc']))}: {first['msg']}"


@functools.cache
def _library() -> Any:  # noqa: ANN401 - a module without types
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its sources hold invalid escapes
            reasoning_gym = importlib.import_module("reasoning_gym")  # takes seconds
    except ImportError as error:
        raise ValueError(
            "'reasoning-gym' is not installed. Install it with: pip install 'cotfactory[gym]'"
        ) from error
    if (installed := importlib.metadata.version("reasoning-gym")) != READ_VERSION:
        raise ValueError(
            f"reasoning-gym {installed} is installed, but entries and scorers of "
            f"{READ_VERSION} are meant. Install it with: pip install 'cotfactory[gym]'"
        )
    return reasoning_gym


@functools.lru_cache(maxsize=64)
def _dataset(name: str, seed: int, config_json: str) -> Any:  # noqa: ANN401 - no types
    if name == "composite":
        raise _NoSuchEntryError("composite entries have no scorer of their own: name the member")
    library = _library()
    try:
        return library.create_dataset(name, seed=seed, **json.loads(config_json))
    except (ValueError, TypeError, AssertionError) as error:
        raise _NoSuchEntryError(f"reasoning-gym cannot make {name}: {error}") from error


@functools.lru_cache(maxsize=1024)
def _entry(checks_json: str) -> tuple[Any, dict[str, Any]]:
    checks = GymChecks.model_validate_json(checks_json)
    config = {k: v for k, v in checks.config.items() if k != "seed"}
    config.setdefault("size", max(DEFAULT_SIZE, checks.index + 1))
    dataset = _dataset(checks.dataset, checks.seed, json.dumps(config, sort_keys=True))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return dataset, dataset[checks.index]
        except (IndexError, ValueError) as error:
            raise _NoSuchEntryError(f"{checks.dataset} has no entry {checks.index}") from error


def _score(dataset: Any, answer: str, entry: dict[str, Any]) -> float:  # noqa: ANN401 - no types
    """Returns the scorer's score; a scorer that trips over the answer gives none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return float(dataset.score_answer(answer, copy.deepcopy(entry)))
        except Exception:  # noqa: BLE001 - any library's scorer, any model's answer
            return 0.0
