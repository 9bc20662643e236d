"""Groups of near-duplicates from signatures: LSH bands, exact checks, connected components."""

import functools
import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cotfactory_filters.dedup import groups_scan
from cotfactory_filters.dedup.groups_scan import Buckets, Edges, Index, Loaded

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

MARGIN = 3.5
"""Pairs whose estimate falls so many standard errors below the threshold are not checked."""
MISS_WEIGHT = 0.999
"""The share of a missed pair in what the bands are chosen for: all candidates are checked."""
ALL_PAIRS_UP_TO = 32
"""In groups of so many documents every pair is compared, for the record."""


class Sets(NamedTuple):
    """Shingle hashes of documents: set s is hashes[bounds[s]:bounds[s + 1]], sorted, distinct."""

    hashes: NDArray[np.uint32]
    bounds: I64


class Documents(NamedTuple):
    """What is known of n documents before their text is looked at.

    `signatures` is (n, permutations). Documents with equal `orders` have the same words. Those
    with different `labels` are never alike. Pairs without a `fresh` document are taken from
    `known` and not looked at again.
    """

    signatures: NDArray[np.uint32]
    orders: NDArray[np.uint64]
    labels: NDArray[np.uint64]
    fresh: NDArray[np.bool_]
    known: Edges


class Groups(NamedTuple):
    """`exact[i]` and `near[i]` are the least members of document i's groups, maybe i itself.

    Documents of one `exact` group have the same words. The first documents of exact groups are
    joined to `near` groups by `edges`, whose Jaccard was measured on their sets; edges between
    other documents of a group may be among them.
    """

    exact: I64
    near: I64
    edges: Edges


@functools.cache
def bands(threshold: float, permutations: int) -> tuple[int, int]:
    """Returns how many LSH bands of how many rows datasketch's optimiser chooses."""
    from datasketch import MinHashLSH  # noqa: PLC0415 - it imports scipy

    weights = (1 - MISS_WEIGHT, MISS_WEIGHT)
    lsh = MinHashLSH(threshold=threshold, num_perm=permutations, weights=weights)
    return int(lsh.b), int(lsh.r)


def find_groups(documents: Documents, threshold: float, load: Callable[[I64], Sets]) -> Groups:
    """Groups documents whose shingle sets have a Jaccard of `threshold` or more, transitively.

    `load` returns the sets of the documents, in ascending order, that must be compared.
    """
    first, exact = _first_of_each(documents.orders)
    place = np.searchsorted(first, exact)
    repeated = len(first) < len(exact)
    signatures = documents.signatures[first] if repeated else documents.signatures
    marked = _worth_a_look(signatures, documents.fresh[first], threshold)
    slots = np.full(len(first), -1)
    slots[marked] = np.arange(len(marked))
    loaded = Loaded(slots, *load(first[marked]), documents.labels[first], threshold)
    known = Edges(place[documents.known.pairs], documents.known.jaccards)
    groups, edges = _linked(signatures, loaded, known)
    return Groups(exact, first[groups][place], Edges(first[edges.pairs], edges.jaccards))


def _worth_a_look(
    signatures: NDArray[np.uint32], fresh: NDArray[np.bool_], threshold: float
) -> I64:
    """Returns the documents that look like another one, ascending."""
    index = Index(signatures, _least(threshold, signatures.shape[1]), _alone(len(signatures)))
    for buckets in _buckets(signatures, threshold, _alone(len(signatures))):
        groups_scan.mark(buckets, index, fresh)
    groups = groups_scan.roots(index.parent)
    return np.flatnonzero(np.bincount(groups, minlength=1)[groups] > 1)


def _linked(signatures: NDArray[np.uint32], loaded: Loaded, known: Edges) -> tuple[I64, Edges]:
    """Returns each document's group, and the edges that were measured."""
    least = _least(loaded.threshold, signatures.shape[1])
    index = Index(signatures, least, _alone(len(signatures)))
    groups_scan.join_all(index.parent, known.pairs)
    edges, count = _room(len(signatures)), 0
    for buckets in _buckets(signatures, loaded.threshold, np.flatnonzero(loaded.slots >= 0)):
        count = groups_scan.link(buckets, index, loaded, edges, count)
    groups = groups_scan.roots(index.parent)
    found = Edges(edges.pairs[:count], edges.jaccards[:count])
    return groups, _distinct([known, found, _compared(groups, loaded)])


def _compared(groups: I64, loaded: Loaded) -> Edges:
    """Returns all edges within the small groups."""
    sizes = np.bincount(groups, minlength=1)
    small = np.flatnonzero((sizes[groups] > 1) & (sizes[groups] <= ALL_PAIRS_UP_TO))
    members = small[np.argsort(groups[small], kind="stable")]
    buckets = _cut(members, groups[members], 0, 0)
    lengths = np.diff(buckets.starts)
    edges = _room(int((lengths * (lengths - 1) // 2).sum()))
    count = groups_scan.compare_all(buckets, loaded, edges)
    return Edges(edges.pairs[:count], edges.jaccards[:count])


def _buckets(signatures: NDArray[np.uint32], threshold: float, among: I64) -> Iterator[Buckets]:
    """Yields the documents of `among` that share a band, band by band.

    A key gives up as many of its bits as a document's number has, so that both are sorted as one
    integer: that is ten times as fast as an argsort, and of equal keys the least document comes
    first. Documents that meet by chance are told apart like all others.
    """
    count, rows = bands(threshold, signatures.shape[1]) if len(among) else (0, 1)
    bits = np.uint64(len(signatures).bit_length())
    for first in range(0, count * rows, rows):
        keys = groups_scan.band_keys(signatures, first, rows)[among]
        packed = np.sort(keys << bits | among.astype(np.uint64))
        members = packed & ((np.uint64(1) << bits) - np.uint64(1))
        yield _cut(members.astype(np.int64), packed >> bits, first, rows)


def _cut(members: I64, keys: NDArray[np.generic], first: int, rows: int) -> Buckets:
    """Cuts `members`, sorted by `keys`, where the keys change; leaves out who is alone."""
    same = keys[1:] == keys[:-1]
    shared = np.append(same, [False])[: len(keys)] | np.insert(same, 0, [False])[: len(keys)]
    opens = np.insert(~same, 0, [True])[: len(keys)][shared]
    starts = np.append(np.flatnonzero(opens), np.count_nonzero(shared))
    return Buckets(members[shared], starts, first, rows)


def _first_of_each(orders: NDArray[np.uint64]) -> tuple[I64, I64]:
    """Returns the first documents of each order, ascending, and each document's first."""
    _, firsts, which = np.unique(orders, return_index=True, return_inverse=True)
    return np.sort(firsts), firsts[which]


def _least(threshold: float, permutations: int) -> int:
    """How many permutations must agree for a pair to be worth a look."""
    error = math.sqrt(threshold * (1 - threshold) / permutations)
    return math.ceil(permutations * (threshold - MARGIN * error))


def _alone(count: int) -> I64:
    return np.arange(count)


def no_edges() -> Edges:
    """Returns no edges."""
    return _room(0)


def _room(count: int) -> Edges:
    return Edges(np.empty((count, 2), np.int64), np.empty(count))


def _distinct(edges: list[Edges]) -> Edges:
    """Returns each pair once, i < j, in order."""
    pairs = np.sort(np.concatenate([e.pairs for e in edges]), axis=1)
    jaccards = np.concatenate([e.jaccards for e in edges])
    distinct, which = np.unique(pairs, axis=0, return_index=True)
    return Edges(distinct, jaccards[which])
