from unittest.mock import patch

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from cotfactory.store import known
from cotfactory.store.known import IdSet, RowsById

# Few values at each end, zeros among them: fixed-size bytes of numpy treat trailing zeros apart.
IDS = st.binary(min_size=2, max_size=2).map(lambda ends: (ends[:1] + bytes(14) + ends[1:]).hex())


@given(st.lists(IDS), st.lists(IDS))
def test_an_id_set_holds_what_a_set_holds(first: list[str], more: list[str]) -> None:
    with patch.object(known, "RECENT_IDS", 4):
        ids, told = IdSet(first), set(first)
        for name in more:
            assert (name in ids) == (name in told)
            assert ids.add(name) == (name not in told)
            told.add(name)
        assert all(name in ids for name in told)


@given(st.lists(IDS), IDS)
def test_rows_are_found_by_id_in_their_order(ids: list[str], wanted: str) -> None:
    table = pl.DataFrame({"id": ids, "row": range(len(ids))}, {"id": pl.String, "row": pl.Int64})
    expected = [row for row, name in enumerate(ids) if name == wanted]
    assert RowsById(table, "id").of(wanted).get_column("row").to_list() == expected
