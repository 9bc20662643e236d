"""Functions and objects of the program, as the tests in another sandbox see them."""

import builtins
from collections.abc import Iterator
from typing import Any, Protocol

from cotfactory_filters.verify.sandbox import wire
from cotfactory_filters.verify.sandbox.wire import Json


class Asker(wire.Stream, Protocol):
    """A channel that can wait for a reply."""

    def receive(self) -> dict[str, Any]:
        """Waits for a message."""
        ...


class Remote(wire.Handle):
    """A function (by its name) or an object (by its number) in the program's process.

    What it gives are plain values, or other remotes. Comparing is never asked of it: the program
    would say that it is equal to everything.
    """

    def __init__(self, channel: Asker, reference: int | str) -> None:
        super().__init__(reference)
        vars(self)["_channel"] = channel

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - what the tests give
        """Has the program call it."""
        return self._ask("call", args, kwargs)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - what the program gives
        if name.startswith("__"):
            raise AttributeError(name)
        return self._ask("get", (name,), {})

    def __setattr__(self, name: str, value: Any) -> None:  # noqa: ANN401 - what the tests give
        self._ask("set", (name, value), {})

    def __getitem__(self, key: Any) -> Any:  # noqa: ANN401 - what the tests give
        return self._ask("item", (key,), {})

    def __len__(self) -> int:
        return int(self._ask("length", (), {}))

    def __iter__(self) -> Iterator[Any]:
        return iter(self._ask("items", (), {}))

    def __str__(self) -> str:
        return str(self._ask("text", (), {}))

    def __bool__(self) -> bool:
        return True

    def _ask(self, do: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
        target = wire.reference(self)
        channel: Asker = vars(self)["_channel"]
        sent = [wire.encode(arg) for arg in args]
        named = {name: wire.encode(value) for name, value in kwargs.items()}
        wire.send(channel, {"call": target, "do": do, "args": sent, "kwargs": named})
        reply = channel.receive()
        if "error" in reply:
            raise _exception(reply["error"], reply["message"])
        for arg, after in zip(args, reply["after"], strict=True):
            _make_like(arg, after)
        value = wire.decode(reply["value"])
        return Remote(channel, wire.reference(value)) if type(value) is wire.Handle else value


def _make_like(value: Any, after: Json) -> None:  # noqa: ANN401 - any argument
    """Does to an argument what the program did to its copy."""
    if after is None:
        return
    changed = wire.decode(after)
    if isinstance(value, list | bytearray):
        value[:] = changed
    elif isinstance(value, dict | set):
        value.clear()
        value.update(changed)


def _exception(name: str, message: str) -> Exception:
    """Returns the builtin exception of that name, so that tests of errors see the right one.

    But not one that ends an iteration: `all(map(f, xs))` would take it for the end of `xs`.
    """
    kind = vars(builtins).get(name)
    ends_iteration = name in {"StopIteration", "StopAsyncIteration"}
    if isinstance(kind, type) and issubclass(kind, Exception) and not ends_iteration:
        try:
            return kind(message)
        except TypeError:
            pass
    return RuntimeError(f"{name}: {message}")
