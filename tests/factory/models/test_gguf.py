"""GGUF models as folders that transformers and vLLM load."""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from gguf import GGMLQuantizationType, GGUFWriter
from gguf.quants import quantize
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from asking import TINY
from cotfactory.errors import CotfactoryError, UsageError
from cotfactory.models import gguf_file, hf_folder
from cotfactory.models.gguf import bfloat16_bits, convert

HEADS, HEAD_SIZE, VOCABULARY = 2, 16, ["<|end|>", "a", "b", "ab"]
HIDDEN = HEADS * HEAD_SIZE


def small_gguf(path: Path, architecture: str = "llama", splits: str = "smollm") -> Path:
    """One block of random weights, its queries in llama.cpp's row order, values quantised."""
    writer = GGUFWriter(path, architecture)
    writer.add_block_count(1)
    writer.add_context_length(64)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(splits)
    writer.add_token_list(VOCABULARY)
    writer.add_token_types([3, 1, 1, 1])
    writer.add_token_merges(["a b"])
    writer.add_eos_token_id(0)
    writer.add_chat_template("{{ messages }}")
    for name in ("token_embd", "blk.0.attn_q", "output_norm"):
        shape = (HIDDEN,) if name == "output_norm" else (HIDDEN, HIDDEN)
        writer.add_tensor(f"{name}.weight", original(name, shape))
    quantised = quantize(original("blk.0.attn_v", (HIDDEN, HIDDEN)), GGMLQuantizationType.Q8_0)
    writer.add_tensor("blk.0.attn_v.weight", quantised, raw_dtype=GGMLQuantizationType.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def original(name: str, shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    seed = int.from_bytes(name.encode(), "big") % 2**32
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def tensors(folder: Path) -> dict[str, npt.NDArray[np.float32]]:
    """Reads a bfloat16 safetensors file back."""
    data = (folder / "model.safetensors").read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header: dict[str, Any] = json.loads(data[8 : 8 + size])
    del header["__metadata__"]
    found = {}
    for name, place in header.items():
        start, end = (8 + size + offset for offset in place["data_offsets"])
        bits = np.frombuffer(data[start:end], dtype=np.uint16).astype(np.uint32) << 16
        found[name] = bits.view(np.float32).reshape(place["shape"])
    return found


@pytest.fixture
def converted(tmp_path: Path) -> Path:
    folder = tmp_path / "converted"
    folder.mkdir()
    convert(small_gguf(tmp_path / "small.gguf"), folder)
    return folder


def test_weights_keep_their_values_under_their_new_names(converted: Path) -> None:
    found = tensors(converted)
    assert set(found) == {
        "model.embed_tokens.weight",
        "model.layers.0.self_attn.q_proj.weight",
        "model.layers.0.self_attn.v_proj.weight",
        "model.norm.weight",
    }
    embeddings = original("token_embd", (HIDDEN, HIDDEN))
    np.testing.assert_allclose(found["model.embed_tokens.weight"], embeddings, rtol=2**-8)
    values = found["model.layers.0.self_attn.v_proj.weight"]
    np.testing.assert_allclose(values, original("blk.0.attn_v", values.shape), atol=0.02)


def test_query_rows_go_from_alternating_halves_to_halves_in_order(converted: Path) -> None:
    rows = original("blk.0.attn_q", (HIDDEN, HIDDEN))
    found = tensors(converted)["model.layers.0.self_attn.q_proj.weight"]
    half = HEAD_SIZE // 2
    for head in range(HEADS):
        for row in range(HEAD_SIZE):
            source = head * HEAD_SIZE + 2 * (row % half) + row // half
            np.testing.assert_allclose(found[head * HEAD_SIZE + row], rows[source], rtol=2**-8)


def test_configuration_and_tokenizer_say_what_the_metadata_says(converted: Path) -> None:
    config = json.loads((converted / "config.json").read_text())
    assert config["architectures"] == ["LlamaForCausalLM"]
    assert (config["hidden_size"], config["num_attention_heads"]) == (HIDDEN, HEADS)
    assert config["tie_word_embeddings"] is True
    assert config["eos_token_id"] == 0
    tokenizer = json.loads((converted / "tokenizer.json").read_text())
    assert tokenizer["model"]["vocab"] == {token: i for i, token in enumerate(VOCABULARY)}
    assert [added["content"] for added in tokenizer["added_tokens"]] == ["<|end|>"]
    named = json.loads((converted / "tokenizer_config.json").read_text())
    assert (named["eos_token"], named["chat_template"]) == ("<|end|>", "{{ messages }}")


def test_a_model_is_converted_once_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COTFACTORY_CACHE", str(tmp_path / "cache"))
    gguf = small_gguf(tmp_path / "small.gguf")
    folder = hf_folder(gguf)
    (folder / "mark").touch()
    assert (hf_folder(gguf) / "mark").exists()
    assert not list((tmp_path / "cache").rglob("*.tmp"))


def test_models_that_cannot_be_converted_say_why(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'gemma3' model"):
        convert(small_gguf(tmp_path / "gemma.gguf", architecture="gemma3"), tmp_path)
    with pytest.raises(UsageError, match="tokenizer is 'tekken'"):
        convert(small_gguf(tmp_path / "tekken.gguf", splits="tekken"), tmp_path)
    (tmp_path / "torn.gguf").write_bytes(b"GGUF\x03")
    with pytest.raises(CotfactoryError, match="is no GGUF file"):
        convert(tmp_path / "torn.gguf", tmp_path)


@given(arrays(np.float32, 16, elements=st.floats(-(2.0**100), 2.0**100, width=32)))
def test_bfloat16_is_the_nearest_of_256_steps(values: npt.NDArray[np.float32]) -> None:
    read_back = (bfloat16_bits(values).astype(np.uint32) << 16).view(np.float32)
    np.testing.assert_allclose(read_back, values, rtol=2**-8, atol=1e-38)


@pytest.mark.vllm
@pytest.mark.filterwarnings("ignore")
def test_the_converted_tokenizer_splits_text_as_llama_cpp_does() -> None:
    transformers = pytest.importorskip("transformers")
    xllamacpp = pytest.importorskip("xllamacpp")
    gguf = gguf_file(TINY)
    tokenizer = transformers.AutoTokenizer.from_pretrained(hf_folder(gguf))
    params = xllamacpp.CommonParams()
    params.model.path, params.n_ctx, params.verbosity, params.warmup = str(gguf), 256, 0, False
    server = xllamacpp.Server(params)
    for text in ("1234 + 56.7 = 1290.7", "<think>\nIt’s  spaced\t…\n\n</think>", "Ünïcødé 你好 🙂"):
        counted = server.handle_completions({"prompt": text, "max_tokens": 1})
        assert counted["usage"]["prompt_tokens"] == len(tokenizer.encode(text)), text
        assert tokenizer.decode(tokenizer.encode(text)) == text
