"""llama.cpp inside this process: no server to run, installed in seconds, at home on a CPU."""

import asyncio
import json
import os
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pydantic import Field

from cotfactory.engines.base import Completion, EngineError, EngineLost, Request
from cotfactory.engines.cores import usable_cores
from cotfactory.errors import CotfactoryError
from cotfactory.models import gguf_file
from cotfactory_schemas import Settings, Teacher

_LOG_NOTHING = 0
_LOOPBACK_TIMEOUT_S = 60


class EmbeddedSettings(Settings):
    """How llama.cpp is run. Memory for contexts grows with slots x context_tokens."""

    slots: int = Field(default=16, ge=1, description="answers generated at the same time")
    context_tokens: int = Field(
        default=2048, ge=64, description="room of one slot: prompt, thought and answer together"
    )
    threads: int | None = Field(
        default=None, ge=1, description="None takes every core that this process may use"
    )
    gpu_layers: int = Field(default=-1, ge=-1, description="-1 lets llama.cpp choose")


class EmbeddedEngine:
    """Samples from a GGUF file. Every call waits in a thread of its own; llama.cpp batches them."""

    kind = "embedded"
    settings_model = EmbeddedSettings

    def __init__(self, settings: EmbeddedSettings, teacher: Teacher) -> None:
        self._settings = settings
        self._teacher = teacher
        self._key = secrets.token_hex()
        self._threads = ThreadPoolExecutor(settings.slots, thread_name_prefix="llama")
        self._ending = False
        self._server: Any = None

    @property
    def concurrency(self) -> int:
        """One request a slot."""
        return self._settings.slots

    @property
    def endpoint(self) -> tuple[str, str]:
        """The URL at which llama.cpp's own server listens on the loopback, and the key to it."""
        return f"{self._server.listening_address}/v1", self._key

    async def __aenter__(self) -> Self:
        """Loads the model.

        Raises:
            CotfactoryError: xllamacpp is missing, or the model cannot be fetched or loaded.
        """
        path = await asyncio.to_thread(gguf_file, self._teacher)
        self._server = await asyncio.to_thread(self._load, path)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Ends what is being generated, then frees the model."""
        self._ending = True
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)
        # The server's destructor joins its threads, so the last reference goes in a thread too.
        server, self._server = [self._server], None
        await asyncio.to_thread(server.clear)

    async def sample(self, request: Request) -> Completion:
        """Generates one answer; cancelling the call ends the generation.

        Raises:
            EngineError: the prompt is longer than a slot, or is no valid text.
            EngineLost: the engine is shut down.
        """
        if self._server is None or self._ending:
            raise EngineLost("the embedded engine is not running")
        generation = _Generation()
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, self._generate, request, generation)
        finally:
            generation.ended = True

    def _load(self, path: Path) -> Any:  # noqa: ANN401 - xllamacpp has no types
        # Threads that wait for each other spin; beside other work the default (300,000 turns) eats
        # the cores: 33 tokens/s instead of 115 on 2 busy cores, and no difference on idle ones.
        os.environ.setdefault("GOMP_SPINCOUNT", "5000")
        try:
            import xllamacpp  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise CotfactoryError(
                "'xllamacpp' is not installed. Install it with: pip install 'cotfactory[embedded]'"
            ) from error
        try:
            return xllamacpp.Server(self._parameters(xllamacpp.CommonParams(), path))
        except RuntimeError as error:
            raise CotfactoryError(
                f"llama.cpp cannot load {path}: the file is no model that it knows, or memory is "
                "short. Lower engine.slots or engine.context_tokens, or choose another model"
            ) from error

    def _parameters(self, params: Any, path: Path) -> Any:  # noqa: ANN401 - xllamacpp has no types
        settings = self._settings
        threads = settings.threads or usable_cores()
        params.model.path = str(path)
        params.n_parallel = settings.slots
        params.n_ctx = settings.slots * settings.context_tokens
        params.n_gpu_layers = settings.gpu_layers
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
        params.verbosity = _LOG_NOTHING
        params.api_keys = [self._key]  # it listens on the loopback: for us alone
        params.ui = False
        params.warmup = False
        if self._teacher.chat_template is not None:
            params.chat_template = self._teacher.chat_template
        return params

    def _generate(self, request: Request, generation: "_Generation") -> Completion:
        began = time.monotonic()
        prompt = self._render(request) + request.opening
        try:
            prompt.encode()
        except UnicodeEncodeError as error:  # a lone surrogate has no UTF-8
            raise EngineError(f"the prompt is no valid text: {error}") from error
        self._server.handle_completions(
            {"prompt": prompt, **_sampling(request)},
            lambda piece: generation.take(piece) or self._ending,
        )
        return generation.completion(time.monotonic() - began)

    def _render(self, request: Request) -> str:
        """The chat in the model's own template, up to where the assistant speaks."""
        messages = [{"role": m.role, "content": m.content} for m in request.messages]
        asked = urllib.request.Request(  # noqa: S310 - our own server on the loopback
            f"{self._server.listening_address}/apply-template",
            data=json.dumps({"messages": messages}).encode(),
            headers={"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(asked, timeout=_LOOPBACK_TIMEOUT_S) as answer:  # noqa: S310
                prompt: str = json.load(answer)["prompt"]
        except urllib.error.HTTPError as error:
            said = error.read().decode(errors="replace")
            raise EngineError(f"the chat template refuses these messages: {said}") from error
        return prompt


def _sampling(request: Request) -> dict[str, Any]:
    """All of it said, since llama.cpp's own defaults cut by top_k and min_p."""
    sampling = request.sampling
    return {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        "min_p": sampling.min_p,
        "repeat_penalty": sampling.repetition_penalty,
        "stop": list(sampling.stop),
        "seed": request.seed,
        "max_tokens": request.max_tokens,
        # In pieces, because only between two pieces can a generation be ended.
        "stream": True,
        "stream_options": {"include_usage": True},
    }


class _Generation:
    """Puts the pieces of one answer together; set `ended` to have no more of them made."""

    def __init__(self) -> None:
        self.ended = False
        self._pieces: list[str] = []
        self._finish: str | None = None
        self._usage: Mapping[str, int] = {}
        self._refused: str | None = None

    def take(self, piece: Mapping[str, Any]) -> bool:
        """Takes one piece from llama.cpp; returns whether it should stop."""
        if "error" in piece:
            self._refused = str(piece["error"].get("message", piece["error"]))
            return True
        for choice in piece.get("choices", ()):
            self._pieces.append(choice["text"])
            self._finish = choice["finish_reason"] or self._finish
        self._usage = piece.get("usage") or self._usage
        return self.ended

    def completion(self, seconds: float) -> Completion:
        """What came.

        Raises:
            EngineError: llama.cpp refused the request.
            EngineLost: it stopped before the end.
        """
        if self._refused is not None:
            raise EngineError(self._refused)
        if self._finish is None:
            raise EngineLost("the embedded engine stopped in the middle of an answer")
        return Completion(
            text="".join(self._pieces),
            finish_reason="length" if self._finish == "length" else "stop",
            prompt_tokens=self._usage.get("prompt_tokens"),
            completion_tokens=self._usage.get("completion_tokens"),
            seconds=seconds,
        )
