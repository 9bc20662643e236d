"""Values between a sandbox and its parent."""

import contextlib
import json
import struct
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cotfactory_filters.verify.sandbox import wire

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.complex_numbers(allow_nan=False)
    | st.fractions()
    | st.decimals(allow_nan=False)
)
HASHABLE = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner, max_size=3),
    max_leaves=5,
)
VALUES = st.recursive(
    HASHABLE,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(HASHABLE, inner, max_size=3)
        | st.sets(HASHABLE, max_size=3)
        | st.tuples(inner, inner)
    ),
    max_leaves=15,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from([*"oifcbanrqtszlvgdhx", "no tag"]), inner, max_size=2)
    ),
)


def sent(value: object) -> Any:
    return wire.decode(json.loads(json.dumps(wire.encode(value))))


@given(VALUES)
def test_plain_values_arrive_as_they_are(value: object) -> None:
    arrived = sent(value)
    assert arrived == value
    assert type(arrived) is type(value)


@given(JSON)
def test_no_message_breaks_the_decoder(data: object) -> None:
    with contextlib.suppress(wire.WireError):
        wire.decode(data)


class Liar(int):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__


def test_subclasses_arrive_without_their_methods() -> None:
    assert Liar(7) == 4
    assert sent(Liar(7)) == 7
    assert type(sent([Liar(7)])[0]) is int


def test_numbers_of_numpy_arrive_as_python_numbers() -> None:
    assert sent([np.int64(3), np.bool_(1), np.float32(0.5)]) == [3, True, 0.5]
    assert type(sent(np.int64(3))) is int
    assert isinstance(sent(np.array([1, 2])), wire.Opaque)


def test_what_is_no_plain_data_equals_nothing() -> None:
    arrived = sent(object())
    assert arrived != arrived  # noqa: PLR0124 - the point
    assert sent(print) != sent(print)


def test_iterators_and_views_arrive_as_what_can_be_gone_through() -> None:
    assert list(sent(x * x for x in range(3))) == [0, 1, 4]
    assert list(sent({"a": 1}.values())) == [1]
    assert sent(iter([1])) != [1]
    assert sent({"a": 1}.keys()) != ["a"]


def test_endless_iterators_and_bottomless_lists_have_an_end() -> None:
    def endless() -> Any:
        while True:
            yield 1

    assert isinstance(sent(endless()), wire.Opaque)
    nested: list[Any] = []
    nested.append(nested)
    assert wire.encode(nested) is not None


@pytest.mark.parametrize(
    "data",
    [
        {"s": [[1]]},
        {"d": [[1]]},
        {"d": [[{"d": []}, 1]]},
        {"q": ["0x1", "0x0"]},
        {"n": "1" * 5000},
        {"r": ["0x1", "0x2", "0x0"]},
        {"s": [n * (2**61 - 1) for n in range(1, 1000)]},
        {"t": 5},
        {"a": 1, "b": 2},
        {"x": 1},
        {},
    ],
)
def test_malformed_values_are_refused(data: object) -> None:
    with pytest.raises(wire.WireError):
        wire.decode(data)


def test_exact_numbers_stay_exact() -> None:
    assert sent(Fraction(1, 3)) == Fraction(1, 3)
    assert sent(Decimal("0.10")) == Decimal("0.1")
    assert sent(10**5000) == 10**5000
    assert sent(0.1) == 0.1


@given(st.lists(VALUES, max_size=4), st.integers(1, 50))
def test_messages_arrive_whole_in_whatever_pieces(values: list[object], piece: int) -> None:
    messages = [{"value": wire.encode(value)} for value in values]
    stream = b"".join(frame(json.dumps(message).encode()) for message in messages)
    inbox = wire.Inbox(1 << 20)
    arrived = []
    for at in range(0, len(stream), piece):
        inbox.feed(stream[at : at + piece])
        while (message := inbox.next()) is not None:
            arrived.append(message)
    assert arrived == messages


@pytest.mark.parametrize("stream", [b"\xff\xff\xff\xff", b"\0\0\0\3abc", b"\0\0\1\0" + b"[" * 256])
def test_a_hostile_stream_is_refused(stream: bytes) -> None:
    inbox = wire.Inbox(1000)
    inbox.feed(stream)
    with pytest.raises(wire.WireError):
        inbox.next()


def test_no_more_than_the_limit_is_kept() -> None:
    inbox = wire.Inbox(10)
    with pytest.raises(wire.WireError, match="more output"):
        inbox.feed(b"x" * 11)


def frame(body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + body
