"""Shapes of values: each says what is wrong with a value at a path."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from apps.recipes.load.faults import Fault, Path, suggest
from apps.recipes.load.yaml_source import Source

NONE = "none"  # takes out what the parent has


class Document(NamedTuple):
    """A file that is checked: a recipe, or a council's differences (``child``), which may give a part
    alone."""

    source: Source
    child: bool = False


class Shape(Protocol):
    """What a value must look like."""

    def check(self, document: Document, path: Path, value: Any) -> Iterator[Fault]:
        """List what is wrong with a value."""


@dataclass(frozen=True)
class Scalar:
    """One value that a predicate accepts."""

    noun: str
    accepts: Callable[[Any], bool]

    def check(self, document: Document, path: Path, value: Any) -> Iterator[Fault]:
        """List what is wrong with a value."""
        if document.child and value == NONE:
            return
        if isinstance(value, dict | list) or not self.accepts(value):
            yield document.source.make_fault(path, f"it must be {self.noun}.", f"It is {str(value)[:60]!r}.")


@dataclass(frozen=True)
class Choice:
    """One of some words."""

    words: tuple[Any, ...]

    def check(self, document: Document, path: Path, value: Any) -> Iterator[Fault]:
        """List what is wrong with a value."""
        if isinstance(value, dict | list) or value not in self.words:
            way_out = suggest(str(value), map(str, self.words), "value")
            yield document.source.make_fault(path, f"{str(value)[:40]!r} is not one of its values.", way_out)


@dataclass(frozen=True)
class Words:
    """Words that people read; a council's file may give both languages: ``{en: ..., cy: ...}``."""

    def check(self, document: Document, path: Path, value: Any) -> Iterator[Fault]:
        """List what is wrong with a value."""
        if isinstance(value, str) and value.strip():
            return
        if document.child and isinstance(value, dict):
            if (
                value.keys() <= {"en", "cy"}
                and "en" in value
                and all(isinstance(part, str) for part in value.values())
            ):
                return
            yield document.source.make_fault(path, "words in both languages have en and cy.", "Give both.")
            return
        yield document.source.make_fault(
            path, "it must be words.", "Put them in quotes if they look like a number."
        )


@dataclass(frozen=True)
class Items:
    """One value of a shape, or a list of them."""

    item: Shape

    def check(self, document: Document, path: Path, value: Any) -> Iterator[Fault]:
        """List what is wrong with a value."""
        for number, member in enumerate(value if isinstance(value, list) else [value]):
            place = (*path, number) if isinstance(value, list) else path
            yield from self.item.check(document, place, member)


@dataclass(frozen=True)
class Each:
    """A map from names to values of one shape."""

    member: Shape
    name: Scalar

    def check(self, document: Document, path: Path, value: Any) -> Iterator[Fault]:
        """List what is wrong with a value."""
        if not isinstance(value, dict):
            yield document.source.make_fault(path, "it must be a map by name.", "Write {name: ...}.")
            return
        for key, member in value.items():
            yield from self.name.check(Document(document.source), (*path, key), key)
            if not (document.child and member == NONE):
                yield from self.member.check(document, (*path, key), member)


@dataclass(frozen=True)
class Group:
    """A map with keys of its own; ``extra`` allows others, such as a provider's."""

    keys: dict[str, Shape]
    required: frozenset[str] = field(default_factory=frozenset)
    extra: Shape | None = None

    def check(self, document: Document, path: Path, value: Any) -> Iterator[Fault]:
        """List what is wrong with a value."""
        source = document.source
        if not isinstance(value, dict):
            yield source.make_fault(path, "it must be a map.", f"It may have: {', '.join(self.keys)}.")
            return
        for key, member in value.items():
            shape = self.keys.get(key, self.extra)
            if shape is None:
                yield source.make_fault((*path, key), "there is no such key.", suggest(key, self.keys, "key"))
            elif not (document.child and member == NONE):
                yield from shape.check(document, (*path, key), member)
        if not document.child:
            for key in sorted(self.required - value.keys()):
                yield source.make_fault((*path, key), "it is missing.", f"Add `{key}:`.")
