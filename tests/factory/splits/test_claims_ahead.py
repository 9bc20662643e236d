"""Thoughts are searched ahead, in processes beside, and nothing is lost or mixed up."""

from concurrent.futures import Future

import pytest

from cotfactory.splits.claims import (
    LARGE_TRACES,
    Claims,
    find_claims,
    searched,
    searching,
    thoughts,
)
from split_samples import sample

SAMPLES = [sample(f"First I take {n} away. So the answer is {n}.") for n in range(3)]


def test_processes_beside_find_what_this_one_finds() -> None:
    with searching(LARGE_TRACES, workers=2) as beside:
        assert beside(SAMPLES).result() == find_claims(thoughts(SAMPLES))


def test_what_a_search_raises_is_raised_here() -> None:
    with searching(LARGE_TRACES, workers=2) as beside, pytest.raises(AttributeError):
        beside([*SAMPLES, None])  # type: ignore[list-item]


@pytest.mark.parametrize("ahead", [1, 2, 9])
def test_chunks_keep_their_order_and_their_claims(ahead: int) -> None:
    def search(chunk: int) -> "Future[list[Claims | None]]":
        done: Future[list[Claims | None]] = Future()
        done.set_result([None] * chunk)
        return done

    found = list(searched(range(5), search, ahead))
    assert [(chunk, len(claims)) for chunk, claims in found] == [(n, n) for n in range(5)]
