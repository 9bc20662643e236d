"""Ids that come from content, so that reordering, extending or re-sharding changes none of them."""

import hashlib
import json

from pydantic import JsonValue

ID_BYTES = 16
SEED_BITS = 31  # the widest range that every engine accepts as a non-negative seed


def content_id(*parts: JsonValue) -> str:
    """Returns the 128-bit BLAKE2b of the canonical JSON of `parts` as 32 hex characters.

    Lone surrogates are hashed as their JSON escapes, so every Python string has an id.

    Raises:
        ValueError: a part holds NaN or an infinity, which JSON cannot say.
    """
    canonical = json.dumps(
        parts, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )
    return hashlib.blake2b(canonical.encode("ascii"), digest_size=ID_BYTES).hexdigest()


def problem_id(messages: JsonValue, reference: JsonValue, source: str) -> str:
    """Identifies a problem by its prompt, what its answers are judged against, and its source."""
    return content_id("problem", messages, reference, source)


def trace_id(problem: str, teacher_fingerprint: str, sample: int | str) -> str:
    """Identifies one sample of one problem by one teacher.

    `sample` is the sample's index (0-based) for generated traces. A continuation or an ingested
    trace, which has no index, gives a string that names it (its parent, its own content).
    """
    return content_id("trace", problem, teacher_fingerprint, sample)


def sample_seed(trace: str, run_seed: int) -> int:
    """Derives a sample's engine seed, 0 ≤ seed < 2**31, from its trace id and the run's seed."""
    return int(content_id("seed", trace, run_seed), 16) % (1 << SEED_BITS)
