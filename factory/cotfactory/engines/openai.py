"""OpenAI-compatible servers: vLLM, SGLang, llama.cpp, or a provider's."""

import asyncio
import logging
import os
import time
from dataclasses import replace
from types import TracebackType
from typing import Any, Literal, Self

from pydantic import Field, field_validator

from cotfactory.engines.answers import UnreadableAnswerError, read_answer
from cotfactory.engines.base import Completion, EngineError, EngineLost, Request
from cotfactory.engines.endpoints import Endpoint, backoff_s, least_loaded, retry_after_s
from cotfactory.errors import CotfactoryError
from cotfactory_schemas import Settings, Teacher

_KNOCK_TIMEOUT_S = 10.0
_OVERLOADED = {429, 503, 529}
_PASSING = {408, 409, 425} | _OVERLOADED

log = logging.getLogger(__name__)


class OpenAISettings(Settings):
    """Where the servers are and how they are asked. The key is only ever read from the environment.

    `prefill` says how a server goes on from an opened assistant turn: vLLM and SGLang by
    `continue_final_message`; llama.cpp and some providers when the last message is the
    assistant's; `none` where it cannot be done.
    """

    base_url: str | tuple[str, ...] = "http://127.0.0.1:8000/v1"
    model: str | None = Field(
        default=None, description="the model's name on the server; None is teacher.model"
    )
    api_key_env: str = Field(
        default="OPENAI_API_KEY", description="the environment variable that holds the key"
    )
    concurrency: int = Field(default=32, ge=1, description="requests in flight a server, at first")
    max_concurrency: int = Field(default=256, ge=1, description="never more in flight a server")
    timeout_s: float = Field(default=3600, gt=0, description="for one whole answer")
    retries: int = Field(default=6, ge=0, description="for overload, server errors and time-outs")
    prefill: Literal["continue_final_message", "assistant_message", "none"] = (
        "continue_final_message"
    )
    limit_name: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    extra_body: dict[str, Any] = Field(
        default_factory=dict, description="sent with every request, for a server's own settings"
    )

    @field_validator("base_url")
    @classmethod
    def _names_a_server(cls, base_url: str | tuple[str, ...]) -> str | tuple[str, ...]:
        urls = (base_url,) if isinstance(base_url, str) else base_url
        if not urls or not all(url.strip() for url in urls):
            raise ValueError("names no server. Give its address, like http://127.0.0.1:8000/v1")
        return base_url


class OpenAIEngine:
    """Samples by chat completions, one request a sample, at the least loaded server."""

    kind = "openai"
    settings_model = OpenAISettings

    def __init__(self, settings: OpenAISettings, teacher: Teacher) -> None:
        self._settings = settings
        self._teacher = teacher
        urls = (settings.base_url,) if isinstance(settings.base_url, str) else settings.base_url
        first = min(settings.concurrency, settings.max_concurrency)
        self._endpoints = [Endpoint(url, first, settings.max_concurrency) for url in urls]
        self._clients: dict[str, Any] = {}
        self._waiting = 0
        self._parts_thoughts = False

    @property
    def waiting(self) -> int:
        """How many samples wait for their next attempt, and keep no server busy meanwhile."""
        return self._waiting

    @property
    def concurrency(self) -> int:
        """What all servers together have shown to bear."""
        return sum(int(endpoint.limit) for endpoint in self._endpoints)

    async def __aenter__(self) -> Self:
        """Knocks at every server.

        Raises:
            CotfactoryError: none answers, or one does not let us in.
        """
        try:
            from openai import AsyncOpenAI  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise CotfactoryError(
                "'openai' is not installed. Install it with: pip install 'cotfactory[openai]'"
            ) from error
        key = os.environ.get(self._settings.api_key_env) or "none"
        for endpoint in self._endpoints:
            self._clients[endpoint.url] = AsyncOpenAI(
                base_url=endpoint.url,
                api_key=key,
                max_retries=0,
                timeout=self._settings.timeout_s,
            )
        absent = [fault for endpoint in self._endpoints if (fault := await self._knock(endpoint))]
        if len(absent) == len(self._endpoints):
            await self._close()
            raise CotfactoryError(
                f"{'; '.join(absent)}. Start the server, or correct engine.base_url"
            )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes the connections, which ends what is being generated."""
        await self._close()

    async def _close(self) -> None:
        clients, self._clients = self._clients, {}
        for client in clients.values():
            await client.close()

    async def _knock(self, endpoint: Endpoint) -> str:
        """Returns what keeps a server from being asked, empty when nothing does."""
        from openai import APIConnectionError, APIStatusError  # noqa: PLC0415 - an extra

        try:
            await self._clients[endpoint.url].models.list(timeout=_KNOCK_TIMEOUT_S)
        except APIConnectionError as error:
            endpoint.rest(backoff_s(0, None))
            return f"{endpoint.url} does not answer ({error.__cause__ or error})"
        except APIStatusError as error:
            if error.status_code in (401, 403):
                await self._close()
                raise CotfactoryError(self._refused(endpoint, error.status_code)) from error
        return ""

    def _refused(self, endpoint: Endpoint, status: int) -> str:
        name = self._settings.api_key_env
        state = "is set, but not to a key it takes" if os.environ.get(name) else "is not set"
        return f"{endpoint.url} lets us not in (status {status}): {name} {state}"

    async def sample(self, request: Request) -> Completion:
        """Generates one answer; cancelling the call closes the connection.

        Raises:
            EngineError: the server refuses the request, or fails at it again and again.
            EngineLost: no server has answered anything since.
        """
        if not self._clients:
            raise EngineLost("the connections are closed")
        body, began, fault = self._body(request), time.monotonic(), ""
        for attempt in range(self._settings.retries + 1):
            endpoint = least_loaded(self._endpoints)
            asked_at = time.monotonic()
            try:
                said = await self._ask(endpoint, body)
                return self._read(said, request, time.monotonic() - began)
            except _Passing as passing:
                fault = f"{endpoint.url}: {passing}"
                if passing.overload:
                    endpoint.overloaded(asked_at)
                wait_s = backoff_s(attempt, passing.wait_s)
                endpoint.rest(wait_s)
            if attempt < self._settings.retries:
                log.debug("%s; again in %.1f s", fault, wait_s)
                await self._wait(0 if self._another_is_free() else wait_s)
        if any(endpoint.answered_at > began for endpoint in self._endpoints):
            raise EngineError(f"failed {self._settings.retries + 1} times, the last: {fault}")
        raise EngineLost(fault)

    async def _wait(self, seconds: float) -> None:
        self._waiting += 1
        try:
            await asyncio.sleep(seconds)
        finally:
            self._waiting -= 1

    def _another_is_free(self) -> bool:
        resting, load = least_loaded(self._endpoints).load()
        return not resting and load <= 1

    async def _ask(self, endpoint: Endpoint, body: dict[str, Any]) -> bytes:
        import openai  # noqa: PLC0415 - an extra

        endpoint.in_flight += 1
        try:
            chat = self._clients[endpoint.url].chat.completions
            answer = await chat.with_raw_response.create(**body)
            said: bytes = answer.content
        except openai.APIStatusError as error:
            status = error.status_code
            if status in (401, 403):
                raise EngineError(self._refused(endpoint, status)) from error
            if status not in _PASSING and not error.response.is_server_error:
                raise EngineError(f"status {status}: {error.message:.300}") from error
            overload = status in _OVERLOADED
            wait_s = retry_after_s(error.response.headers.get("retry-after"))
            raise _Passing(f"status {status}", overload, wait_s) from error
        except openai.APIConnectionError as error:  # time-outs are of this kind too
            raise _Passing(f"{error} ({error.__cause__})", overload=False) from error
        except UnicodeEncodeError as error:  # a lone surrogate has no UTF-8
            raise EngineError(f"the prompt is no valid text: {error}") from error
        finally:
            endpoint.in_flight -= 1
        endpoint.answered()
        return said

    def _read(self, said: bytes, request: Request, seconds: float) -> Completion:
        try:
            answer = read_answer(said, request, seconds)
        except UnreadableAnswerError as error:
            raise _Passing(f"says {error}, which is no answer", overload=False) from error
        if answer.reasoning is not None:
            self._parts_thoughts = True
        elif self._parts_thoughts and request.opening and answer.finish_reason == "stop":
            # vLLM says null, not "", of an opened thought of which only the end was left.
            return replace(answer, reasoning="")
        return answer

    def _body(self, request: Request) -> dict[str, Any]:
        sampling = request.sampling
        extra: dict[str, Any] = {}
        # Not part of the protocol, so only said where they do something.
        if sampling.top_k:
            extra["top_k"] = sampling.top_k
        if sampling.min_p:
            extra["min_p"] = sampling.min_p
        if sampling.repetition_penalty != 1:
            extra["repetition_penalty"] = sampling.repetition_penalty
        if self._teacher.chat_template is not None:
            extra["chat_template"] = self._teacher.chat_template
        messages = [{"role": m.role, "content": m.content} for m in request.messages]
        if request.opening:
            messages.append({"role": "assistant", "content": request.opening})
            extra |= self._continuation()
        return {
            "model": self._settings.model or self._teacher.model,
            "messages": messages,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": request.seed,
            self._settings.limit_name: request.max_tokens,
            **({"stop": list(sampling.stop)} if sampling.stop else {}),
            "extra_body": extra | self._settings.extra_body,
        }

    def _continuation(self) -> dict[str, Any]:
        if self._settings.prefill == "none":
            raise EngineError(
                "the teacher has a prefill, or a cut answer is to be continued, and engine.prefill "
                "is 'none'. Say how the server does it, or take teacher.prefill and "
                "generate.continue_truncated out of the recipe"
            )
        if self._settings.prefill == "assistant_message":
            return {}
        return {"add_generation_prompt": False, "continue_final_message": True}


class _Passing(Exception):  # noqa: N818 - a reason to wait
    """What may be over at the next attempt."""

    def __init__(self, what: str, overload: bool, wait_s: float | None = None) -> None:  # noqa: FBT001
        super().__init__(what)
        self.overload = overload
        self.wait_s = wait_s
