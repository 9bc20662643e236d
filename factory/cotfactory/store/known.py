"""What a run knows by id, at 16 bytes an id: the ids of long runs would fill the memory as text."""

from collections.abc import Iterable

import numpy as np
import polars as pl

from cotfactory_schemas.ids import ID_BYTES

RECENT_IDS = 65_536


class IdSet:
    """A set of ids (hex text, as `cotfactory_schemas.ids` makes them)."""

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self._sorted = np.unique(_packed(ids))
        self._recent: set[bytes] = set()

    def add(self, name: str) -> bool:
        """Adds an id; says whether it was new."""
        key = bytes.fromhex(name)
        if key in self._recent or _has(self._sorted, key):
            return False
        self._recent.add(key)
        if len(self._recent) >= RECENT_IDS:
            both = np.concatenate([self._sorted, np.array([*self._recent], self._sorted.dtype)])
            self._sorted, self._recent = np.sort(both), set()
        return True

    def __contains__(self, name: str) -> bool:
        key = bytes.fromhex(name)
        return key in self._recent or _has(self._sorted, key)


class RowsById:
    """Finds rows of a table by its id column `key`; rows of one id keep their order."""

    def __init__(self, table: pl.DataFrame, key: str) -> None:
        ordered = table.sort(key, maintain_order=True)
        self._keys = _packed(ordered.get_column(key))
        self._rows = ordered.drop(key)

    def of(self, name: str) -> pl.DataFrame:
        """The rows of one id, without the id."""
        key = np.array(bytes.fromhex(name), self._keys.dtype)
        first, last = np.searchsorted(self._keys, key), np.searchsorted(self._keys, key, "right")
        return self._rows.slice(int(first), int(last - first))


def _packed(ids: Iterable[str]) -> np.ndarray[tuple[int], np.dtype[np.bytes_]]:
    return np.array([bytes.fromhex(name) for name in ids], f"S{ID_BYTES}")


def _has(keys: np.ndarray[tuple[int], np.dtype[np.bytes_]], key: bytes) -> bool:
    # numpy's fixed-size bytes drop zeros at the end of a key that it gives back, never in comparing
    place = int(np.searchsorted(keys, np.array(key, keys.dtype)))
    return place < len(keys) and bool(keys[place] == np.array(key, keys.dtype))
