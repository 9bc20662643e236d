"""A YAML document that remembers on which line each value stands."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from cotfactory.errors import UsageError

MAX_BYTES = 1 << 20
Location = tuple[str | int, ...]


@dataclass
class Document:
    """Parsed YAML with the place of each value, and the values laid over it."""

    name: str
    values: dict[str, Any]
    lines: dict[Location, int] = field(default_factory=dict)
    overrides: dict[Location, str] = field(default_factory=dict)

    def place(self, location: Location) -> str:
        """Says where a value was written: `file:line`, or the --set that gave it."""
        for end in range(len(location), -1, -1):
            if location[:end] in self.overrides:
                return f"--set {self.overrides[location[:end]]}"
            if location[:end] in self.lines:
                return f"{self.name}:{self.lines[location[:end]]}"
        return self.name

    def set(self, assignment: str) -> None:
        """Lays `a.b.0.c=VALUE` over the document; VALUE is YAML.

        Raises:
            UsageError: the assignment is not of that form or leads through a plain value.
        """
        path, equals, text = assignment.partition("=")
        keys = path.split(".")
        if not equals or not all(keys):
            raise UsageError(f"--set {assignment}: write it as --set section.setting=value")
        try:
            value = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise UsageError(f"--set {assignment}: the value is not YAML: {error}") from None
        location = _assign(self.values, keys, value, assignment)
        self.overrides[location] = assignment


def _assign(root: dict[str, Any], keys: list[str], value: object, assignment: str) -> Location:
    location: list[str | int] = []
    section: Any = root
    for key in keys[:-1]:
        location.append(_key(section, key, assignment))
        if isinstance(section, dict) and section.get(key) is None:
            section[key] = {}
        section = section[location[-1]]
    location.append(_key(section, keys[-1], assignment))
    section[location[-1]] = value
    return tuple(location)


def _key(section: object, key: str, assignment: str) -> str | int:
    if isinstance(section, dict):
        return key
    if not isinstance(section, list):
        raise UsageError(f"--set {assignment}: what {key!r} should be in is a plain value")
    if not key.isdecimal() or int(key) >= len(section):
        raise UsageError(
            f"--set {assignment}: {key!r} is no item of a list of {len(section)} (counted from 0)"
        )
    return int(key)


def parse(text: str, name: str) -> Document:
    """Parses a YAML mapping.

    Aliases are refused: with them a short document can stand for an endless one.

    Raises:
        UsageError: the text is too long, not YAML, not a mapping, or repeats a key.
    """
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise UsageError(f"{name}: longer than {MAX_BYTES} bytes; is this a recipe?")
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                raise UsageError(
                    f"{name}: *{event.anchor}: aliases are not supported; write it out"
                )
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{name}:{mark.line + 1}" if mark else name
        raise UsageError(f"{where}: not YAML: {getattr(error, 'problem', error)}") from None
    if not isinstance(values, dict):
        raise UsageError(f"{name}: a recipe is a mapping of sections (name:, problems:, teacher:)")
    document = Document(name, values)
    _locate(node, (), document)
    return document


def _locate(node: yaml.Node | None, location: Location, document: Document) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in seen:
                raise UsageError(
                    f"{document.name}:{line}: {key.value!r} stands here twice; remove one"
                )
            seen.add(key.value)
            document.lines[(*location, key.value)] = line
            _locate(value, (*location, key.value), document)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            document.lines[(*location, index)] = item.start_mark.line + 1
            _locate(item, (*location, index), document)


def read(path: Path) -> Document:
    """Parses a YAML file.

    Raises:
        UsageError: it cannot be read or is not a recipe document.
    """
    try:
        return parse(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read as a recipe: {error}") from None
