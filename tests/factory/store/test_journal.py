from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from cotfactory.store import journal


def written(path: Path, count: int) -> bytes:
    opened = journal.Journal(path)
    opened.append([{"n": n, "text": "a\u2028b\n"} for n in range(count)])
    opened.close()
    return path.read_bytes()


def test_entries_come_back_in_order(tmp_path: Path) -> None:
    written(tmp_path / "j", 3)
    assert [entry["n"] for entry in journal.read(tmp_path / "j")] == [0, 1, 2]


@given(cut=st.integers(min_value=0, max_value=200), rubbish=st.binary(max_size=40))
def test_a_torn_tail_costs_no_whole_entry(
    tmp_path_factory: object, cut: int, rubbish: bytes
) -> None:
    path = tmp_path_factory.mktemp("journal") / "j"  # type: ignore[attr-defined]
    whole = written(path, 5)
    kept = whole[: max(len(whole) - cut, 0)]
    path.write_bytes(kept + rubbish.replace(b"\n", b""))
    journal.cut_torn_tail(path)
    survivors = kept.count(b"\n")
    assert [entry["n"] for entry in journal.read(path)] == list(range(survivors))
    reopened = journal.Journal(path)
    reopened.append([{"n": 99}])
    reopened.close()
    assert [entry["n"] for entry in journal.read(path)] == [*range(survivors), 99]


def test_a_damaged_line_in_the_middle_costs_that_line(tmp_path: Path) -> None:
    whole = bytearray(written(tmp_path / "j", 3))
    whole[whole.index(b"\n") + 15] ^= 1
    (tmp_path / "j").write_bytes(whole)
    assert [entry["n"] for entry in journal.read(tmp_path / "j")] == [0, 2]


def test_lone_surrogates_become_replacement_characters(tmp_path: Path) -> None:
    opened = journal.Journal(tmp_path / "j")
    opened.append([{"text": "a\ud800b"}])
    opened.close()
    assert [entry["text"] for entry in journal.read(tmp_path / "j")] == ["a\ufffdb"]
