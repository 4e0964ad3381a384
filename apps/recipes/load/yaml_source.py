"""YAML 1.2 read with the line and column of everything: maps, lists of scalars, and scalars; nothing else.

Refused: anchors and aliases, tags, duplicate keys, several documents, more than 256 KiB, more than 9 deep,
and what ``lines`` refuses. Only ``true``, ``false`` and whole numbers are not text: a price is ``£50.00``, a
day ``2026-04-01``, and ``on``, ``no`` and ``07:30`` are what they look like.
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

from apps.recipes.load.faults import Fault, Path, RecipeError, format_path
from apps.recipes.load.lines import check_lines

MOST_BYTES = 256 * 1024
MOST_DEPTH = 9
MOST_TEXT = 4000  # characters of one scalar

_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_SKIPPED = (StreamStartEvent, StreamEndEvent, DocumentStartEvent, DocumentEndEvent)


@dataclass(frozen=True, slots=True)
class Source:
    """A file's content as plain values, and the line and column of each path's key and of its value."""

    file: str
    content: Any
    positions: dict[Path, tuple[int, int]] = field(default_factory=dict)
    values: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def make_fault(self, path: Path, reason: str, way_out: str = "") -> Fault:
        """Make a fault at a path, or at the nearest part above that stands in the file."""
        place = path
        while place and place not in self.positions:
            place = place[:-1]
        line, column = self.positions.get(place, (1, 1))
        return Fault(self.file, line, column, format_path(path), reason, way_out)

    def find_line(self, path: Path) -> int:
        """Find the line of a path; 0 if it does not stand in this file."""
        return self.positions.get(path, (0, 0))[0]


def read_source(file: str, text: str, *, wide: bool = False) -> Source:
    """Read YAML.

    Raises RecipeError with the place of what is not accepted; ``wide`` files are not measured.
    """
    if len(text.encode()) > MOST_BYTES:
        raise RecipeError([Fault(file, 1, 1, "(file)", f"it is larger than {MOST_BYTES // 1024} KiB.")])
    faults = [] if wide else list(check_lines(file, text))
    if faults:
        raise RecipeError(faults)
    source = Source(file, None)
    try:
        events = (event for event in YAML(pure=True).parse(text) if not isinstance(event, _SKIPPED))
        content = _Builder(source, events).build_document()
    except MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise RecipeError([_refuse_yaml(file, line, column, str(error.problem))]) from None
    except (YAMLError, ValueError) as error:
        raise RecipeError([_refuse_yaml(file, 1, 1, str(error).partition("\n")[0][:100])]) from None
    return Source(file, content, source.positions, source.values)


def _refuse_yaml(file: str, line: int, column: int, problem: str) -> Fault:
    way_out = "Put words that hold a colon, a comma or a bracket in quotes."
    return Fault(file, line, column, "(file)", f"it is not YAML: {problem}.", way_out)


def _place(event: Event) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


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
        self._source.positions.setdefault(path, _place(event))
        self._source.values[path] = _place(event)
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
            self._source.positions[place] = _place(event)
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
        if text in {"true", "false"}:
            return text == "true"
        if text in {"", "~", "null"}:
            fault = self._source.make_fault(
                path, "it has no value.", "Write the value, or leave out the key."
            )
            raise RecipeError([fault])
        return int(text) if _INTEGER.fullmatch(text) else text

    def _refuse(self, event: Event | None, path: Path, reason: str, way_out: str = "") -> RecipeError:
        line, column = _place(event) if event else (1, 1)
        return RecipeError([Fault(self._source.file, line, column, format_path(path), reason, way_out)])
