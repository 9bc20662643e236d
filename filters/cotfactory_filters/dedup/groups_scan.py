"""Compiled loops over LSH buckets: which documents to look at, and which of them are alike.

Imported only where there is work, because it imports numba.
"""

from typing import NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

U32 = NDArray[np.uint32]
I64 = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Buckets(NamedTuple):
    """Documents that share a band: members[starts[k]:starts[k + 1]] are those of bucket k.

    The band is made of the signatures' columns first … first + rows; bands before it have been
    worked through.
    """

    members: I64
    starts: I64
    first: int
    rows: int


class Index(NamedTuple):
    """Signatures (n, permutations) and the groups found so far.

    `parent` is a union-find forest whose roots are least members. Two documents are worth a look
    when `least` permutations agree.
    """

    signatures: U32
    least: int
    parent: I64


class Loaded(NamedTuple):
    """Shingle sets of the documents that are worth a look; `slots` says which, -1 if not there.

    Set s is hashes[bounds[s]:bounds[s + 1]], sorted, without repeats. Documents with different
    `labels` are never alike.
    """

    slots: I64
    hashes: U32
    bounds: I64
    labels: NDArray[np.uint64]
    threshold: float


class Edges(NamedTuple):
    """Pairs (n, 2) of documents that are alike, i < j, and how much."""

    pairs: I64
    jaccards: NDArray[np.float64]


_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)

compiled = nb.njit(cache=True, nogil=True)


@compiled
def band_keys(signatures: U32, first: int, rows: int) -> NDArray[np.uint64]:
    """Hashes columns first … first + rows of each signature to one key."""
    keys = np.empty(signatures.shape[0], np.uint64)
    for i in range(keys.size):
        key = np.uint64(first)
        for column in range(first, first + rows):
            key = (key ^ np.uint64(signatures[i, column])) * _MULTIPLIER
            key ^= key >> np.uint64(32)
        keys[i] = key
    return keys


@compiled
def root(parent: I64, i: int) -> int:
    """Returns the least member of i's group, shortening the way there."""
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@compiled
def join(parent: I64, i: int, j: int) -> None:
    """Makes one group of the groups of i and j."""
    a, b = root(parent, i), root(parent, j)
    if a < b:
        parent[b] = a
    else:
        parent[a] = b


@compiled
def agreeing(signatures: U32, i: int, j: int) -> int:
    """Counts the permutations in which two signatures agree."""
    count = 0
    for k in range(signatures.shape[1]):
        count += signatures[i, k] == signatures[j, k]
    return count


@compiled
def jaccard(hashes: U32, bounds: I64, i: int, j: int) -> float:
    """Returns the exact Jaccard of sets i and j; both are sorted and without repeats."""
    a, a_end = bounds[i], bounds[i + 1]
    b, b_end = bounds[j], bounds[j + 1]
    total = (a_end - a) + (b_end - b)
    both = 0
    while a < a_end and b < b_end:
        x, y = hashes[a], hashes[b]
        both += x == y
        a += x <= y
        b += y <= x
    return both / (total - both) if total > both else 0.0


@compiled
def _met_before(signatures: U32, i: int, j: int, first: int, rows: int) -> bool:
    """Whether two documents share a band before the one that begins at column `first`."""
    for start in range(0, first, rows):
        same = True
        for column in range(start, start + rows):
            if signatures[i, column] != signatures[j, column]:
                same = False
                break
        if same:
            return True
    return False


@compiled
def mark(bucket: Buckets, index: Index, fresh: Flags) -> None:
    """Joins documents of a bucket whose signatures agree often enough to be worth a check.

    Pairs without a fresh document are passed over.
    """
    parent = index.parent
    for k in range(bucket.starts.size - 1):
        groups = 0
        for y in range(bucket.starts[k], bucket.starts[k + 1]):
            j = bucket.members[y]
            seen = False
            for x in range(bucket.starts[k], y):
                i = bucket.members[x]
                if root(parent, i) == root(parent, j):
                    seen = True
                elif (fresh[i] or fresh[j]) and agreeing(index.signatures, i, j) >= index.least:
                    join(parent, i, j)
                    groups -= seen
                    seen = True
                if seen and groups == 1:
                    break
            groups += not seen


@compiled
def _worth_checking(bucket: Buckets, index: Index, loaded: Loaded, i: int, j: int) -> bool:
    return (
        loaded.slots[i] >= 0
        and loaded.slots[j] >= 0
        and loaded.labels[i] == loaded.labels[j]
        and agreeing(index.signatures, i, j) >= index.least
        and not _met_before(index.signatures, i, j, bucket.first, bucket.rows)
    )


@compiled
def link(bucket: Buckets, index: Index, loaded: Loaded, edges: Edges, count: int) -> int:
    """Joins documents whose exact Jaccard reaches the threshold.

    Writes each pair that joined two groups to `edges`, from place `count` on; returns the new
    count. There is always room: a forest of n documents has fewer than n edges.
    """
    parent = index.parent
    for k in range(bucket.starts.size - 1):
        groups = 0
        for y in range(bucket.starts[k], bucket.starts[k + 1]):
            j = bucket.members[y]
            seen = False
            for x in range(bucket.starts[k], y):
                i = bucket.members[x]
                if root(parent, i) == root(parent, j):
                    seen = True
                elif _worth_checking(bucket, index, loaded, i, j):
                    alike = jaccard(loaded.hashes, loaded.bounds, loaded.slots[i], loaded.slots[j])
                    if alike >= loaded.threshold:
                        edges.pairs[count, 0], edges.pairs[count, 1] = min(i, j), max(i, j)
                        edges.jaccards[count] = alike
                        count += 1
                        join(parent, i, j)
                        groups -= seen
                        seen = True
                if seen and groups == 1:
                    break
            groups += not seen
    return count


@compiled
def compare_all(groups: Buckets, loaded: Loaded, edges: Edges) -> int:
    """Writes the Jaccard of every pair within a group, both loaded; returns how many."""
    count = 0
    for k in range(groups.starts.size - 1):
        for y in range(groups.starts[k], groups.starts[k + 1]):
            for x in range(groups.starts[k], y):
                i, j = groups.members[x], groups.members[y]
                a, b = loaded.slots[i], loaded.slots[j]
                if a >= 0 and b >= 0:
                    edges.pairs[count, 0], edges.pairs[count, 1] = min(i, j), max(i, j)
                    edges.jaccards[count] = jaccard(loaded.hashes, loaded.bounds, a, b)
                    count += 1
    return count


@compiled
def join_all(parent: I64, pairs: I64) -> None:
    """Joins the two documents of each pair."""
    for n in range(pairs.shape[0]):
        join(parent, pairs[n, 0], pairs[n, 1])


@compiled
def roots(parent: I64) -> I64:
    """Returns every document's least companion, itself when it is alone."""
    found = np.empty(parent.size, np.int64)
    for i in range(parent.size):
        found[i] = root(parent, i)
    return found
