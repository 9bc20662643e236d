"""What thoughts claim on their way: answers they state, and values that they take back."""

from typing import NamedTuple

import polars as pl

from cotfactory_filters.annotate.candidates import Candidate, find_candidates
from cotfactory_filters.annotate.revisions import Revision, find_revisions


class Claims(NamedTuple):
    """What a thought states as the answer, and what it gives two values, one after the other."""

    stated: list[Candidate]
    revised: list[Revision]


def find_claims(thoughts: pl.Series) -> list[Claims]:
    """Returns what each thought claims; null claims nothing."""
    revised = find_revisions(thoughts)
    return [
        Claims(find_candidates(text or ""), found)
        for text, found in zip(thoughts, revised, strict=True)
    ]
