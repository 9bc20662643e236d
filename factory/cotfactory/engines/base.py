"""What an engine is: something that turns one request into one completion."""

from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Protocol, Self

from cotfactory_schemas import Message, Sampling


@dataclass(frozen=True)
class Request:
    """One sample to ask for.

    `messages` already hold the system prompt, the examples and the instructions. `prefill` opens
    the assistant's turn, `continue_from` is what an earlier sample, cut off at its limit, had
    already said after it; the engine goes on exactly where these two end. `max_tokens` bounds what
    is generated now, without them.
    """

    trace_id: str
    messages: tuple[Message, ...]
    prefill: str
    sampling: Sampling
    max_tokens: int
    seed: int
    continue_from: str = ""

    @property
    def opening(self) -> str:
        """The assistant's turn so far."""
        return self.prefill + self.continue_from


@dataclass(frozen=True)
class Completion:
    """What was generated, without the request's `opening`.

    `reasoning` is set where the server separates the thought from the answer; `text` is then the
    answer, empty when the thought was cut. It is empty where nothing was thought after the opening.
    Token counts are the engine's own, `seconds` is wall time from asking to the end.
    """

    text: str
    finish_reason: Literal["stop", "length"]
    prompt_tokens: int | None
    completion_tokens: int | None
    seconds: float
    reasoning: str | None = None
    reasoning_tokens: int | None = None


class EngineError(Exception):
    """One sample failed, and asking the same again would fail again (a prompt too long …)."""


class EngineLost(Exception):  # noqa: N818 - a state of the engine, not a fault of the request
    """The engine died or hung: the sample is to be asked again once it is back."""


class Engine(Protocol):
    """Holds a model for the length of an `async with` block.

    `concurrency` is how many requests in flight it can use; it may change while the engine runs. An
    engine that backs off also has `waiting: int`, how many of the samples that it was asked for are
    only waiting for their next attempt; others lack the attribute.
    """

    kind: str

    @property
    def concurrency(self) -> int:
        """Returns the useful number of requests in flight, at least 1."""
        ...

    async def __aenter__(self) -> Self:
        """Loads the model.

        Raises:
            CotfactoryError: it cannot be started; the message carries the mend.
        """
        ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Ends requests in flight and frees the model."""
        ...

    async def sample(self, request: Request) -> Completion:
        """Generates one answer; cancelling the call ends the generation.

        Raises:
            EngineError: this request cannot be answered.
            EngineLost: the engine is gone.
        """
        ...
