"""YAML 1.2 read with the line and column of everything: maps, lists of scalars, and scalars; nothing else.

Refused: anchors and aliases, tags, duplicate keys, several documents, more than 256 KiB, more than 9 deep.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from casework.shared.faults import CaseTypeError, Fault, Path, format_path

MOST_BYTES = 256 * 1024
MOST_DEPTH = 9
MOST_TEXT = 4000  # characters of one scalar

_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_NUMBER = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{1,18}")
_CONSTANTS = {"true": True, "false": False, "null": None, "~": None, "": None}
_SKIPPED = (StreamStartEvent, StreamEndEvent, DocumentStartEvent, DocumentEndEvent)


@dataclass(frozen=True, slots=True)
class Source:
    """A file's content as plain values, and where each path stands."""

    file: str
    content: Any
    positions: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def make_fault(self, path: Path, message: str, way_out: str = "", shift: int = 0) -> Fault:
        """Make a fault at a path, or at the nearest part above that stands in the file."""
        place = path
        while place and place not in self.positions:
            place = place[:-1]
        line, column = self.positions.get(place, (1, 1))
        return Fault(self.file, line, column + shift, format_path(path), message, way_out)


def read_source(file: str, text: str) -> Source:
    """Read YAML. Raises CaseTypeError with the place of what is not accepted."""
    if len(text.encode()) > MOST_BYTES:
        raise CaseTypeError([Fault(file, 1, 1, "(file)", f"it is larger than {MOST_BYTES // 1024} KiB.")])
    source = Source(file, None)
    try:
        events = (event for event in YAML(pure=True).parse(text) if not isinstance(event, _SKIPPED))
        content = _Builder(source, events).build_document()
    except MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        message = f"it is not YAML: {error.problem}."
        raise CaseTypeError([Fault(file, line, column, "(file)", message)]) from None
    except (YAMLError, ValueError) as error:
        message = f"it is not YAML: {str(error).partition(chr(10))[0][:100]}."
        raise CaseTypeError([Fault(file, 1, 1, "(file)", message)]) from None
    return Source(file, content, source.positions)


class _Builder:
    """Builds plain values of the parser's events."""

    def __init__(self, source: Source, events: Iterator[Event]) -> None:
        self._source = source
        self._events = events

    def build_document(self) -> Any:
        first = next(self._events, None)
        if first is None:
            raise self._refuse(None, (), "it is empty.")
        content = self._build(first, ())
        more = next(self._events, None)
        if more is not None:
            raise self._refuse(more, (), "it holds more than one document.")
        return content

    def _build(self, event: Event, path: Path) -> Any:
        self._source.positions.setdefault(path, (event.start_mark.line + 1, event.start_mark.column + 1))
        if len(path) > MOST_DEPTH:
            raise self._refuse(event, path, f"it is more than {MOST_DEPTH} deep.")
        if isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and event.anchor):
            raise self._refuse(event, path, "anchors and aliases are not used here.", "Write it out.")
        if getattr(event, "tag", None):
            raise self._refuse(event, path, "tags are not used here.", "Leave out what begins with !.")
        if isinstance(event, MappingStartEvent):
            return self._build_map(path)
        if isinstance(event, SequenceStartEvent):
            return self._build_list(path)
        return self._build_scalar(event, path)

    def _build_map(self, path: Path) -> dict[str, Any]:
        content: dict[str, Any] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            if not isinstance(event, ScalarEvent) or event.anchor or event.tag:
                raise self._refuse(event, path, "a key must be a plain word.")
            key = event.value
            place = (*path, key)
            if key in content:
                raise self._refuse(event, place, "the key is there twice.", "Leave out one of them.")
            self._source.positions[place] = (event.start_mark.line + 1, event.start_mark.column + 1)
            content[key] = self._build(next(self._events), place)
        return content

    def _build_list(self, path: Path) -> list[Any]:
        content: list[Any] = []
        while not isinstance(event := next(self._events), SequenceEndEvent):
            content.append(self._build(event, (*path, len(content))))
        return content

    def _build_scalar(self, event: Event, path: Path) -> Any:
        if not isinstance(event, ScalarEvent):
            raise self._refuse(event, path, "it cannot be read.")
        text = event.value
        if len(text) > MOST_TEXT:
            raise self._refuse(event, path, f"it is longer than {MOST_TEXT} characters.")
        if event.style:  # quoted, or a block
            return text.rstrip("\n")
        if text.lower() in _CONSTANTS and text in {text.lower(), text.capitalize(), text.upper()}:
            return _CONSTANTS[text.lower()]
        if _INTEGER.fullmatch(text):
            return int(text)
        return float(text) if _NUMBER.fullmatch(text) else text

    def _refuse(self, event: Event | None, path: Path, message: str, way_out: str = "") -> CaseTypeError:
        mark = event.start_mark if event else None
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return CaseTypeError([Fault(self._source.file, line, column, format_path(path), message, way_out)])
