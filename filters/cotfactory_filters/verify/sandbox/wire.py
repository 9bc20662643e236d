"""Values between a sandbox and its parent: plain data as JSON, never a pickle.

The other side of a message may be hostile: what is decoded is an exact builtin (or Fraction,
Decimal, range) made by the decoder, so that no class of the other side's takes part in comparing.
"""

import json
import struct
from collections import deque
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import islice
from typing import Any, Protocol

Json = Any
"""What `json` makes: null, booleans, numbers, strings, lists and dictionaries."""

MAX_DEPTH = 60
MAX_ITERATED = 20_000
MAX_DECIMAL_CHARS = 1_000
MAX_COLLISIONS = 100
_LENGTH = struct.Struct(">I")
_JSON_INTEGERS = range(-(1 << 63), 1 << 63)


class WireError(ValueError):
    """A message that is no message of ours."""


class Opaque:
    """Stands for a value that is no plain data; equal to nothing, not even itself."""

    def __init__(self, kind: str) -> None:
        vars(self)["_kind"] = kind

    def __eq__(self, other: object) -> bool:
        return False

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"<{vars(self)['_kind']}>"


class Handle(Opaque):
    """Stands for an object that stays in the process that made it: a number, or a name there."""

    def __init__(self, reference: int | str) -> None:
        super().__init__("object elsewhere")
        vars(self)["_reference"] = reference


def reference(handle: Handle) -> int | str:
    """Returns what `handle` stands for; no attribute, for it may have any of the object's."""
    found: int | str = vars(handle)["_reference"]
    return found


def encode(value: object, depth: int = 0) -> Json:
    """Returns `value` as JSON. Subclasses go as what they extend, the rest as its type's name.

    A number of numpy goes as the Python number that it compares equal to.

    An iterator is used up, as far as MAX_ITERATED items: it arrives as an iterator.
    """
    if depth > MAX_DEPTH:
        return {"o": "too deeply nested"}
    for kind, encoder in _ENCODERS:
        if isinstance(value, kind):
            return encoder(value, depth + 1)
    if type(value).__module__ == "numpy" and getattr(value, "ndim", None) == 0:
        return encode(value.item(), depth + 1)  # type: ignore[attr-defined]
    return {"o": type(value).__name__}


def _encode_integer(value: int, _depth: int) -> Json:
    return int(value) if value in _JSON_INTEGERS else {"i": hex(value)}


def _encode_float(value: float, _depth: int) -> Json:
    return {"f": float.hex(value)}


def _encode_range(value: range, _depth: int) -> Json:
    return {"r": [hex(value.start), hex(value.stop), hex(value.step)]}


def _encode_fraction(value: Fraction, _depth: int) -> Json:
    return {"q": [hex(value.numerator), hex(value.denominator)]}


def _encode_pairs(value: dict[Any, Any], depth: int) -> Json:
    return {"d": [[encode(k, depth), encode(v, depth)] for k, v in dict.items(value)]}


def _encode_complex(value: complex, _depth: int) -> Json:
    return {"c": [float.hex(value.real), float.hex(value.imag)]}


def _encode_items(tag: str) -> Callable[[Any, int], Json]:
    def encode_items(value: Any, depth: int) -> Json:  # noqa: ANN401 - any collection
        items = [encode(item, depth) for item in islice(value, MAX_ITERATED + 1)]
        return {tag: items} if len(items) <= MAX_ITERATED else {"o": "too many items"}

    return encode_items


_ENCODERS: list[tuple[Any, Callable[[Any, int], Json]]] = [
    (type(None), lambda _value, _depth: None),
    (bool, lambda value, _depth: bool(value)),
    (int, _encode_integer),
    (float, _encode_float),
    (str, lambda value, _depth: str.__str__(value)),
    (list, lambda value, depth: [encode(item, depth) for item in list.__iter__(value)]),
    (tuple, lambda value, depth: {"t": [encode(item, depth) for item in tuple.__iter__(value)]}),
    (dict, _encode_pairs),
    (set, lambda value, depth: {"s": [encode(item, depth) for item in set.__iter__(value)]}),
    (frozenset, lambda value, depth: {"z": [encode(item, depth) for item in value]}),
    (bytes, lambda value, _depth: {"b": bytes.hex(value)}),
    (bytearray, lambda value, _depth: {"a": bytearray.hex(value)}),
    (complex, _encode_complex),
    (range, _encode_range),
    (Fraction, _encode_fraction),
    (Decimal, lambda value, _depth: {"n": str(value)}),
    (deque, _encode_items("l")),
    ((type({}.keys()), type({}.values()), type({}.items())), _encode_items("v")),
    (Iterator, _encode_items("g")),
    (Handle, lambda value, _depth: {"h": reference(value)}),
]


def decode(data: Json, depth: int = 0) -> Any:  # noqa: ANN401 - any plain value
    """Returns the value that `data` stands for.

    Raises:
        WireError: it stands for none.
    """
    if depth > MAX_DEPTH + 1:
        raise WireError("too deeply nested")
    if isinstance(data, list):
        return [decode(item, depth + 1) for item in data]
    if not isinstance(data, dict):
        return data
    if len(data) != 1:
        raise WireError("not one tag")
    ((tag, content),) = data.items()
    if tag not in _DECODERS:
        raise WireError(f"unknown tag {tag!r}")
    try:
        return _DECODERS[tag](content, depth + 1)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise WireError(f"no {tag!r}: {error}") from error


def _decode_decimal(text: str, _depth: int) -> Decimal:
    if len(text) > MAX_DECIMAL_CHARS:
        raise WireError("too many digits")
    return Decimal(text)


def _decode_range(ends: list[str], _depth: int) -> range:
    start, stop, step = (int(end, 16) for end in ends)
    return range(start, stop, step)


def _decode_fraction(parts: list[str], _depth: int) -> Fraction:
    numerator, denominator = (int(part, 16) for part in parts)
    return Fraction(numerator, denominator)


def _decode_all(items: list[Json], depth: int) -> list[Any]:
    if not isinstance(items, list):
        raise WireError("not a list")
    return [decode(item, depth) for item in items]


def _decode_pairs(pairs: list[list[Json]], depth: int) -> dict[Any, Any]:
    keys = _keys([decode(key, depth) for key, _value in pairs])
    return dict(zip(keys, (decode(value, depth) for _key, value in pairs), strict=True))


def _keys(keys: list[Any]) -> list[Any]:
    """Refuses keys that were chosen to collide: a set of them takes time in their square."""
    if len(keys) - len({hash(key) for key in keys}) > MAX_COLLISIONS:
        raise WireError("keys that collide")
    return keys


_DECODERS: dict[str, Callable[[Any, int], Any]] = {
    "o": lambda name, _depth: Opaque(str(name)),
    "i": lambda digits, _depth: int(digits, 16),
    "f": lambda digits, _depth: float.fromhex(digits),
    "c": lambda parts, _depth: complex(*map(float.fromhex, parts)),
    "b": lambda digits, _depth: bytes.fromhex(digits),
    "a": lambda digits, _depth: bytearray.fromhex(digits),
    "n": _decode_decimal,
    "r": _decode_range,
    "q": _decode_fraction,
    "t": lambda items, depth: tuple(_decode_all(items, depth)),
    "s": lambda items, depth: set(_keys(_decode_all(items, depth))),
    "z": lambda items, depth: frozenset(_keys(_decode_all(items, depth))),
    "l": lambda items, depth: deque(_decode_all(items, depth)),
    "v": lambda items, depth: _View(_decode_all(items, depth)),
    "g": lambda items, depth: iter(_decode_all(items, depth)),
    "d": _decode_pairs,
    "h": lambda reference, _depth: Handle(reference),
}


class _View(Opaque):
    """A dictionary's keys, values or items: can be gone through, equal to nothing."""

    def __init__(self, items: list[Any]) -> None:
        super().__init__("dictionary view")
        self._items = items

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, item: object) -> bool:
        return item in self._items


class Stream(Protocol):
    """The part of a socket that messages need."""

    def sendall(self, data: bytes, /) -> None:
        """Sends all of `data`."""
        ...

    def recv(self, size: int, /) -> bytes:
        """Receives up to `size` bytes; none at the end."""
        ...


def send(stream: Stream, message: Json) -> None:
    """Sends one message."""
    body = json.dumps(message, ensure_ascii=True).encode("ascii")
    stream.sendall(_LENGTH.pack(len(body)) + body)


def receive(stream: Stream) -> Json | None:
    """Waits for one message; None when the stream ended. For the trusted side of a stream only."""
    head = _receive_exactly(stream, _LENGTH.size)
    body = None if head is None else _receive_exactly(stream, _LENGTH.unpack(head)[0])
    return None if body is None else json.loads(body)


def _receive_exactly(stream: Stream, size: int) -> bytes | None:
    received = bytearray()
    while len(received) < size:
        chunk = stream.recv(min(1 << 16, size - len(received)))
        if not chunk:
            return None
        received += chunk
    return bytes(received)


class Inbox:
    """Takes a hostile stream apart into messages, without trusting lengths or contents."""

    def __init__(self, limit_bytes: int) -> None:
        self._left = limit_bytes
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        """Adds received bytes.

        Raises:
            WireError: more than the limit came.
        """
        self._left -= len(data)
        if self._left < 0:
            raise WireError("more output than allowed")
        self._buffer += data

    def next(self) -> Json | None:
        """Returns the next whole message, None when there is none yet.

        Raises:
            WireError: what came is no message.
        """
        if len(self._buffer) < _LENGTH.size:
            return None
        (size,) = _LENGTH.unpack_from(self._buffer)
        if size > self._left + len(self._buffer):
            raise WireError("more output than allowed")
        if len(self._buffer) < _LENGTH.size + size:
            return None
        body = bytes(self._buffer[_LENGTH.size : _LENGTH.size + size])
        del self._buffer[: _LENGTH.size + size]
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise WireError("not JSON") from error
