"""The tokenizer of a GGUF file as transformers reads it: byte-level BPE, split as the model was."""

from collections.abc import Callable
from typing import Any

from cotfactory.errors import UsageError

_CONTROL, _USER_DEFINED = 3, 4  # GGUF's token types of what is never split
_BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
_PRE_TOKENIZERS: dict[str, dict[str, Any]] = {
    "smollm": {
        "type": "Sequence",
        "pretokenizers": [
            {"type": "Digits", "individual_digits": True},
            _BYTES | {"use_regex": True},
        ],
    },
    "qwen2": {
        "type": "Sequence",
        "pretokenizers": [
            {
                "type": "Split",
                "pattern": {
                    "Regex": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
                    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
                },
                "behavior": "Isolated",
                "invert": False,
            },
            _BYTES | {"use_regex": False},
        ],
    },
}


def tokenizer_files(field: Callable[[str], Any], architecture: str) -> dict[str, dict[str, Any]]:
    """Returns tokenizer.json and tokenizer_config.json; `field` reads GGUF metadata by key.

    Raises:
        UsageError: the tokenizer splits text in a way that is not known here.
    """
    splits = field("tokenizer.ggml.pre")
    if splits not in _PRE_TOKENIZERS:
        raise UsageError(
            f"teacher.model: the GGUF file's tokenizer is {splits!r}; "
            f"{', '.join(_PRE_TOKENIZERS)} can be converted. Name the original weights instead"
        )
    tokens, kinds = field("tokenizer.ggml.tokens"), field("tokenizer.ggml.token_type")
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            _added(index, token, special=kind == _CONTROL)
            for index, (token, kind) in enumerate(zip(tokens, kinds, strict=True))
            if kind in (_CONTROL, _USER_DEFINED)
        ],
        "normalizer": {"type": "NFC"} if architecture == "qwen2" else None,
        "pre_tokenizer": _PRE_TOKENIZERS[splits],
        "post_processor": None,
        "decoder": _BYTES | {"add_prefix_space": True, "use_regex": True},
        "model": _model(tokens, field("tokenizer.ggml.merges")),
    }
    return {"tokenizer.json": tokenizer, "tokenizer_config.json": _config(field, tokens)}


def _added(index: int, token: str, *, special: bool) -> dict[str, Any]:
    return {
        "id": index,
        "content": token,
        "single_word": False,
        "lstrip": False,
        "rstrip": False,
        "normalized": False,
        "special": special,
    }


def _model(tokens: list[str], merges: list[str]) -> dict[str, Any]:
    return {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": "",
        "end_of_word_suffix": "",
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": False,
        "vocab": {token: index for index, token in enumerate(tokens)},
        "merges": merges,
    }


def _config(field: Callable[[str], Any], tokens: list[str]) -> dict[str, Any]:
    named = {
        "bos_token": field("tokenizer.ggml.bos_token_id"),
        "eos_token": field("tokenizer.ggml.eos_token_id"),
        "pad_token": field("tokenizer.ggml.padding_token_id"),
    }
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "add_bos_token": bool(field("tokenizer.ggml.add_bos_token")),
        "clean_up_tokenization_spaces": False,
        "chat_template": field("tokenizer.chat_template"),
        **{name: None if index is None else tokens[index] for name, index in named.items()},
    }
