"""GGUF weights as the folder that transformers and vLLM load.

vLLM reads GGUF only where Triton runs. Names, the query and key order and the tokenizer are those
of the two formats' own specifications; `llama` and `qwen2` models are known.
"""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cotfactory.errors import CotfactoryError, UsageError
from cotfactory.models.cache import cache_folder, locked, sha256_of
from cotfactory.models.gguf_tokenizer import tokenizer_files
from cotfactory.store import atomic

ARCHITECTURES = {"llama": "LlamaForCausalLM", "qwen2": "Qwen2ForCausalLM"}
_BLOCK_PARTS = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
}
_OTHERS = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}
_DERIVED = {"rope_freqs.weight"}  # computed from the configuration
_BYTES_PER_WEIGHT = 2


def hf_folder(gguf: Path) -> Path:
    """Returns the model in `gguf` as a folder of the cache, made there when it is new.

    Raises:
        CotfactoryError: `gguf` cannot be read, or is of an architecture that is not known here.
    """
    target = cache_folder() / "converted" / f"{gguf.stem}-{sha256_of(gguf)[:16]}"
    with locked(target):
        if not target.exists():
            with atomic.writing_folder(target) as folder:
                convert(gguf, folder)
    return target


def convert(gguf: Path, folder: Path) -> None:
    """Writes the model in `gguf` into `folder`: weights as bfloat16, configuration, tokenizer.

    Raises:
        CotfactoryError: `gguf` cannot be read, or is of an architecture that is not known here.
    """
    model = _Model(_reader(gguf))
    if model.architecture not in ARCHITECTURES:
        raise UsageError(
            f"teacher.model: {gguf.name} is a {model.architecture!r} model; GGUF files of "
            f"{', '.join(ARCHITECTURES)} can be converted. Name the original weights instead"
        )
    files = {"config.json": _config(model), **tokenizer_files(model.field, model.architecture)}
    for name, content in files.items():
        text = json.dumps(content, ensure_ascii=False, indent=1)
        (folder / name).write_text(text, encoding="utf-8")
    _write_weights(model, folder / "model.safetensors")


def _reader(gguf: Path) -> Any:  # noqa: ANN401 - gguf has no types
    try:
        from gguf import GGUFReader  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise CotfactoryError(
            "'gguf' is not installed, which reads GGUF files for vLLM. Install it with: "
            "pip install 'cotfactory[vllm]'"
        ) from error
    try:
        return GGUFReader(gguf)
    except (ValueError, IndexError, KeyError) as error:
        raise CotfactoryError(f"teacher.model: {gguf} is no GGUF file: {error}") from error


@dataclass(frozen=True)
class _Model:
    reader: Any

    def field(self, key: str) -> Any:  # noqa: ANN401 - GGUF values are of many types
        """A metadata value, None where there is none."""
        found = self.reader.fields.get(key)
        return None if found is None else found.contents()

    def sized(self, key: str) -> Any:  # noqa: ANN401 - GGUF values are of many types
        """A metadata value of the architecture's own."""
        return self.field(f"{self.architecture}.{key}")

    @property
    def architecture(self) -> str:
        return str(self.field("general.architecture"))

    @property
    def tied(self) -> bool:
        """Whether the output reuses the embeddings."""
        return all(tensor.name != "output.weight" for tensor in self.reader.tensors)

    def tensors(self) -> Iterator[tuple[str, Any]]:
        for tensor in self.reader.tensors:
            if tensor.name not in _DERIVED:
                yield _hf_name(tensor.name), tensor

    def heads(self, name: str) -> int | None:
        """How many heads' rows `name` interleaves, None where rows stand in order."""
        if self.architecture == "llama" and ".q_proj." in name:
            return int(self.sized("attention.head_count"))
        if self.architecture == "llama" and ".k_proj." in name:
            return int(self.sized("attention.head_count_kv"))
        return None


def _hf_name(name: str) -> str:
    if name in _OTHERS:
        return _OTHERS[name]
    _, block, part, kind = name.split(".")
    return f"model.layers.{block}.{_BLOCK_PARTS[part]}.{kind}"


def _shape(tensor: Any) -> tuple[int, ...]:  # noqa: ANN401 - gguf has no types
    return tuple(int(size) for size in reversed(tensor.shape))


def _weights(tensor: Any, heads: int | None) -> npt.NDArray[np.float32]:  # noqa: ANN401
    from gguf.quants import dequantize  # noqa: PLC0415 - an extra

    weights: npt.NDArray[np.float32] = dequantize(tensor.data, tensor.tensor_type)
    weights = weights.reshape(_shape(tensor))
    return weights if heads is None else _halves_in_order(weights, heads)


def _halves_in_order(weights: npt.NDArray[np.float32], heads: int) -> npt.NDArray[np.float32]:
    """Undoes llama.cpp's row order, which alternates between the halves that rotate together."""
    rows = weights.shape[0]
    pairs = weights.reshape(heads, rows // heads // 2, 2, *weights.shape[1:])
    return pairs.swapaxes(1, 2).reshape(weights.shape)


def bfloat16_bits(values: npt.NDArray[np.float32]) -> npt.NDArray[np.uint16]:
    """The upper half of each float32, rounded to nearest, ties to even."""
    bits = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32)
    rounded: npt.NDArray[np.uint16] = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
    return rounded


def _write_weights(model: _Model, path: Path) -> None:
    """Writes safetensors: the header's length (u64), the header (JSON), then the numbers."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for name, tensor in model.tensors():
        size = int(np.prod(_shape(tensor))) * _BYTES_PER_WEIGHT
        place = {"dtype": "BF16", "shape": _shape(tensor), "data_offsets": [offset, offset + size]}
        header[name], offset = place, offset + size
    encoded = json.dumps(header).encode()
    encoded += b" " * (-len(encoded) % 8)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(encoded)) + encoded)
        for name, tensor in model.tensors():
            file.write(bfloat16_bits(_weights(tensor, model.heads(name))).tobytes())


def _config(model: _Model) -> dict[str, Any]:
    return {
        "architectures": [ARCHITECTURES[model.architecture]],
        "model_type": model.architecture,
        "hidden_act": "silu",
        "hidden_size": model.sized("embedding_length"),
        "intermediate_size": model.sized("feed_forward_length"),
        "max_position_embeddings": model.sized("context_length"),
        "num_attention_heads": model.sized("attention.head_count"),
        "num_hidden_layers": model.sized("block_count"),
        "num_key_value_heads": model.sized("attention.head_count_kv"),
        "rms_norm_eps": model.sized("attention.layer_norm_rms_epsilon"),
        "rope_theta": model.sized("rope.freq_base"),
        "tie_word_embeddings": model.tied,
        "torch_dtype": "bfloat16",
        "vocab_size": len(model.field("tokenizer.ggml.tokens")),
        "bos_token_id": model.field("tokenizer.ggml.bos_token_id"),
        "eos_token_id": model.field("tokenizer.ggml.eos_token_id"),
        "pad_token_id": model.field("tokenizer.ggml.padding_token_id"),
    }
