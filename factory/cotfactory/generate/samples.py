"""One sample: what is asked of the engine for it, and the trace that the answer becomes."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cotfactory.engines.base import Completion, Request
from cotfactory.generate import prompts
from cotfactory.generate.plan import Asked
from cotfactory.splits.continued import Handed
from cotfactory_filters import layout
from cotfactory_schemas import Teacher, Trace, ids
from cotfactory_schemas.recipe import GenerateSettings
from cotfactory_schemas.trace import Continuation, believed


@dataclass(frozen=True)
class Sample:
    """A sample to ask for.

    The assistant's turn opens with `prefill`; a continuation goes on from `opening` after it, which
    is the rest of its parent's text.
    """

    asked: Asked
    index: int
    trace_id: str
    limit: int
    prefill: str = ""
    parent: Trace | None = None
    continuation: Continuation = ""
    opening: str = ""
    reflection: str = ""

    @property
    def spent(self) -> int:
        """Tokens that the parent generated of what this sample's limit bounds.

        Never more than the parent's own limit, whatever its server counted.
        """
        if self.parent is None or self.continuation != "limit":
            return 0
        return min(self.parent.completion_tokens or 0, self.parent.max_tokens or 0)

    @property
    def spent_thinking(self) -> int | None:
        """How many of the tokens spent were thought, where that was counted."""
        return self.parent.reasoning_tokens if self.parent and self.spent else 0


class Sampler:
    """Makes requests and traces for one teacher."""

    def __init__(self, teacher: Teacher, engine: str, seed: int) -> None:
        self.teacher = teacher
        self.engine = engine
        self.seed = seed

    def fresh(self, asked: Asked, index: int) -> Sample:
        """The sample `index` of a problem."""
        trace_id = ids.trace_id(asked.problem.problem_id, self.teacher.fingerprint, index)
        prefill = prompts.prefill(self.teacher, asked.problem)
        return Sample(asked, index, trace_id, self.teacher.sampling.max_tokens, prefill)

    def longer(self, asked: Asked, parent: Trace, limit: int) -> Sample:
        """The sample that goes on from a trace which was cut at a lower limit."""
        name = f"limit:{parent.trace_id}:{limit}"
        trace_id = ids.trace_id(asked.problem.problem_id, self.teacher.fingerprint, name)
        prefill, opening = self._split(asked, parent.raw)
        return Sample(asked, parent.sample, trace_id, limit, prefill, parent, "limit", opening)

    def journey(self, asked: Asked, parent: Trace, handed: Handed) -> Sample:
        """The sample that goes on from a wrong thought of its own and a reflection on it."""
        name = f"journey:{parent.trace_id}:{ids.content_id(handed.text)}"
        trace_id = ids.trace_id(asked.problem.problem_id, self.teacher.fingerprint, name)
        prefill, opening = self._split(asked, handed.text)
        return Sample(
            asked,
            parent.sample,
            trace_id,
            self.teacher.sampling.max_tokens,
            prefill,
            parent=parent,
            continuation="journey",
            opening=opening,
            reflection=handed.reflection,
        )

    def next_limit(self, limit: int, settings: GenerateSettings) -> int | None:
        """The lowest token limit of the recipe above `limit`."""
        limits = (self.teacher.sampling.max_tokens, *settings.continue_truncated)
        return min((larger for larger in limits if larger > limit), default=None)

    def continued(self, asked: Asked, trace: Trace, settings: GenerateSettings) -> Sample | None:
        """The sample that goes on from `trace`, when it was cut and a larger limit is allowed."""
        if trace.finish_reason != "length" or trace.max_tokens is None:
            return None
        limit = self.next_limit(trace.max_tokens, settings)
        return None if limit is None else self.longer(asked, trace, limit)

    def request(self, sample: Sample) -> Request:
        """What the engine is asked."""
        return Request(
            trace_id=sample.trace_id,
            messages=prompts.render(self.teacher, sample.asked.problem),
            prefill=sample.prefill,
            sampling=self.teacher.sampling,
            max_tokens=sample.limit - sample.spent,
            seed=ids.sample_seed(sample.trace_id, self.seed),
            continue_from=sample.opening,
        )

    def trace(self, sample: Sample, completion: Completion) -> Trace:
        """The trace of an answer. Token counts cover the continued text too."""
        raw, read = _read(sample.prefill + sample.opening, completion)
        return Trace(
            **self._provenance(sample),
            raw=raw,
            reasoning=read.reasoning,
            response=read.response,
            layout=read.name,
            finish_reason=completion.finish_reason,
            prompt_tokens=believed(completion.prompt_tokens),
            reasoning_tokens=_total(completion.reasoning_tokens, sample.spent_thinking),
            completion_tokens=_total(completion.completion_tokens, sample.spent),
            seconds=completion.seconds,
        )

    def failure(self, sample: Sample, error: Exception) -> Trace:
        """The record of a sample that the engine could not answer."""
        message = f"{type(error).__name__}: {error}"
        return Trace(**self._provenance(sample), raw="", finish_reason="error", error=message)

    def _split(self, asked: Asked, said: str) -> tuple[str, str]:
        """Splits a parent's text after the prefill; without one when it was not made with it."""
        prefill = prompts.prefill(self.teacher, asked.problem)
        return (prefill, said[len(prefill) :]) if said.startswith(prefill) else ("", said)

    def _provenance(self, sample: Sample) -> dict[str, Any]:
        return {
            "trace_id": sample.trace_id,
            "problem_id": sample.asked.problem.problem_id,
            "sample": sample.index,
            "teacher": self.teacher.fingerprint,
            "model": self.teacher.model,
            "engine": self.engine,
            "max_tokens": sample.limit,
            "seed": ids.sample_seed(sample.trace_id, self.seed),
            "parent_id": sample.parent.trace_id if sample.parent else None,
            "continuation": sample.continuation,
            "extra": {"reflection": sample.reflection} if sample.reflection else {},
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }


def _read(opening: str, completion: Completion) -> tuple[str, layout.Layout]:
    """The assistant's whole turn and what it holds."""
    if completion.reasoning is None:
        raw = opening + completion.text
        return raw, layout.read(raw)
    is_cut = completion.finish_reason == "length" and not completion.text
    response = None if is_cut else completion.text
    return layout.read_parted(opening, completion.reasoning, response)


def _total(generated: int | None, spent: int | None) -> int | None:
    counted = believed(generated)
    return None if counted is None or spent is None else believed(counted + spent)
