"""Yield accounting: where requests, tokens and engine time went."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from pydantic import TypeAdapter, ValidationError

from cotfactory.generate.plan import ACCEPTED
from cotfactory_schemas import Status, Trace
from cotfactory_schemas.recipe import PriceSettings

Phase = Literal["start_up", "steady", "verification_wait", "store_wait", "idle", "tail", "drain"]
PHASES: tuple[Phase, ...] = get_args(Phase)
_WITH_WORK = ("steady", "verification_wait", "store_wait", "idle")


@dataclass
class Tokens:
    """Tokens by what became of them.

    Thought and response are split by characters where the engine counts only their sum.
    """

    prompt: int = 0
    thought: int = 0
    response: int = 0
    accepted: int = 0
    rejected: int = 0
    truncated: int = 0


@dataclass
class Account:
    """Counts of one session of generating. Times are seconds of wall clock.

    `slot_s` is the time integral of samples in flight, `offered_s` of the engine's concurrency.
    """

    requests: int = 0
    completions: int = 0
    errors: int = 0
    lost: int = 0
    accepted: int = 0
    tokens: Tokens = field(default_factory=Tokens)
    phase_s: dict[Phase, float] = field(default_factory=lambda: dict.fromkeys(PHASES, 0.0))
    slot_s: float = 0.0
    offered_s: float = 0.0
    steady_slot_s: float = 0.0
    steady_offered_s: float = 0.0

    @classmethod
    def recorded(cls, facts: object) -> "Account":
        """Reads the counts of a report; what is no report counts nothing."""
        try:
            return _ADAPTER.validate_python(facts)
        except ValidationError:
            return cls()

    def with_earlier(self, earlier: "Account") -> "Account":
        """The counts of both."""
        return _ADAPTER.validate_python(_summed(asdict(self), asdict(earlier)))

    def completed(self, trace: Trace, spent: int = 0) -> None:
        """Counts an answer of the engine; `spent` of its tokens were a former trace's."""
        if trace.finish_reason == "error":
            self.errors += 1
            return
        self.completions += 1
        generated = (trace.completion_tokens or spent) - spent
        written = len(trace.reasoning) + len(trace.response)
        by_characters = round(generated * len(trace.reasoning) / written) if written else 0
        counted = trace.reasoning_tokens
        thought = by_characters if counted is None else min(counted, generated)
        self.tokens.prompt += trace.prompt_tokens or 0
        self.tokens.thought += thought
        self.tokens.response += generated - thought

    def judged(self, trace: Trace, status: Status, spent: int = 0) -> None:
        """Counts what became of an answer; `spent` of its tokens were a former trace's."""
        generated = (trace.completion_tokens or spent) - spent
        if status in ACCEPTED:
            self.accepted += 1
            self.tokens.accepted += generated
        elif trace.finish_reason == "length":
            self.tokens.truncated += generated
        else:
            self.tokens.rejected += generated

    def elapsed(self, seconds: float, phase: Phase, in_flight: int, concurrency: int) -> None:
        """Adds a stretch of time during which nothing changed."""
        self.phase_s[phase] += seconds
        self.slot_s += seconds * in_flight
        self.offered_s += seconds * concurrency
        if phase in _WITH_WORK:
            self.steady_slot_s += seconds * in_flight
            self.steady_offered_s += seconds * concurrency

    def report(self, price: PriceSettings) -> dict[str, Any]:
        """All counts, and the ratios that people ask for."""
        generated = self.tokens.thought + self.tokens.response
        working_s = sum(self.phase_s.values()) - self.phase_s["start_up"]
        return {
            **asdict(self),
            "generated_tokens": generated,
            "tokens_per_s": _ratio(generated, working_s),
            "accepted_tokens_per_s": _ratio(self.tokens.accepted, working_s),
            "occupancy": _ratio(self.slot_s, self.offered_s),
            "steady_occupancy": _ratio(self.steady_slot_s, self.steady_offered_s),
            "cost_per_accepted": _ratio(self._cost(price, generated), self.accepted),
        }

    def _cost(self, price: PriceSettings, generated: int) -> float:
        hours = sum(self.phase_s.values()) / 3600
        return price.per_hour * hours + price.per_million_tokens * generated / 1e6


def _summed(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _summed(value, other[name]) if isinstance(value, dict) else value + other[name]
        for name, value in one.items()
    }


def _ratio(part: float, whole: float) -> float | None:
    return float(f"{part / whole:.6g}") if whole else None


_ADAPTER = TypeAdapter(Account)
