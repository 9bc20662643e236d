"""Recorded traces as an engine: for tests, demos and studies of the scheduler."""

import asyncio
import time
from collections import defaultdict
from types import TracebackType
from typing import Self

from pydantic import Field

from cotfactory.engines.base import Completion, EngineError, Request
from cotfactory.engines.recorded import Recorded, read_recorded
from cotfactory_schemas import Settings, Teacher

_INSTRUCTION_GAP = "\n\n"  # what a recipe appends to a prompt comes after this


class ReplaySettings(Settings):
    """What is replayed, and how fast. Without a speed, answers come at once."""

    path: str = Field(description="a run's folder, or traces in a JSONL or Parquet file")
    concurrency: int = Field(default=64, ge=1)
    tokens_per_s: float | None = Field(
        default=None, gt=0, description="speed of one answer; None is without delay"
    )


class ReplayEngine:
    """Answers with what was recorded: the trace of the same id, or one of the same prompt.

    Samples of one prompt get its recorded answers in order, and the first again after the last. An
    answer longer than the token limit is cut where it would have been, in proportion.
    """

    kind = "replay"
    settings_model = ReplaySettings

    def __init__(self, settings: ReplaySettings, teacher: Teacher) -> None:
        self._settings = settings
        self._teacher = teacher
        self._by_id: dict[str, Recorded] = {}
        self._by_prompt: dict[str, list[Recorded]] = defaultdict(list)
        self._turn: dict[str, int] = defaultdict(int)

    @property
    def concurrency(self) -> int:
        """As set."""
        return self._settings.concurrency

    async def __aenter__(self) -> Self:
        """Reads the recording.

        Raises:
            UsageError: there is none at the path, or it cannot be read.
        """
        for recorded in await asyncio.to_thread(read_recorded, self._settings.path):
            if recorded.trace_id:
                self._by_id[recorded.trace_id] = recorded
            self._by_prompt[recorded.prompt.strip()].append(recorded)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Forgets the recording."""
        self._by_id.clear()
        self._by_prompt.clear()

    async def sample(self, request: Request) -> Completion:
        """Returns the recorded answer after its time.

        Raises:
            EngineError: nothing was recorded for this prompt.
        """
        began = time.monotonic()
        recorded = self._by_id.get(request.trace_id) or self._next(request)
        text, tokens, cut = _spoken(recorded, request)
        if self._settings.tokens_per_s is not None:
            await asyncio.sleep(tokens / self._settings.tokens_per_s)
        return Completion(
            text=text,
            finish_reason="length" if cut or recorded.finish_reason == "length" else "stop",
            prompt_tokens=recorded.prompt_tokens,
            completion_tokens=tokens,
            seconds=time.monotonic() - began,
        )

    def _next(self, request: Request) -> Recorded:
        asked = next((m.content for m in reversed(request.messages) if m.role == "user"), "")
        prompt = asked.strip()
        while prompt and prompt not in self._by_prompt:
            prompt = prompt.rpartition(_INSTRUCTION_GAP)[0].strip()
        if not prompt:
            raise EngineError(
                f"{self._settings.path} holds no trace for this prompt: {asked!r:.80}"
            )
        answers = self._by_prompt[prompt]
        turn = self._turn[prompt]
        # A continuation belongs to the answer that it continues.
        for recorded in answers if request.continue_from else ():
            if recorded.raw.startswith(request.opening):
                return recorded
        self._turn[prompt] += 1
        return answers[turn % len(answers)]


def _spoken(recorded: Recorded, request: Request) -> tuple[str, int, bool]:
    """What is said after the request's opening, its tokens, and whether the limit cut it."""
    said = recorded.raw
    for opening in (request.opening, request.opening.strip()):
        if opening and said.startswith(opening):
            said = said.removeprefix(opening)
            break
    tokens_per_character = recorded.completion_tokens / max(1, len(recorded.raw))
    tokens = max(1, round(len(said) * tokens_per_character))
    if tokens <= request.max_tokens:
        return said, tokens, False
    return said[: int(request.max_tokens / tokens_per_character)], request.max_tokens, True
