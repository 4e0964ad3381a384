"""The words of a recipe by path, and the catalogue of their Welsh with hashes of the English."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apps.recipes.bundle import Text
from apps.recipes.load.faults import Path

_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Welsh:
    """A text of the catalogue, and the hash of the English it was made from."""

    of: str
    text: str


Catalogue = Mapping[str, Welsh]


def hash_english(english: str) -> str:
    """Hash an English text as the catalogue does: the first six digits of its SHA-256."""
    return hashlib.sha256(english.encode()).hexdigest()[:_DIGITS]


def list_texts(content: Mapping[str, Any]) -> Iterator[tuple[str, Path]]:
    """List the texts of a recipe: the catalogue's path, and where the text stands."""
    yield "name", ("name",)
    for question, keys in _maps(content, "ask"):
        yield f"ask.{question}", ("ask", question, "ask")
        yield from (
            (f"ask.{question}.{key}", ("ask", question, key)) for key in ("hint", "why") if key in keys
        )
        options = keys.get("options", {})
        yield from (
            (f"ask.{question}.options.{value}", ("ask", question, "options", value)) for value in options
        )
    for stop, keys in _maps(content, "stop"):
        yield f"stop.{stop}", ("stop", stop, "say")
        if "go_on" in keys:
            yield f"stop.{stop}.go_on", ("stop", stop, "go_on")
    for line, _ in _maps(content.get("fee"), "lines"):
        yield f"fee.lines.{line}", ("fee", "lines", line, "for")
    for event, keys in _maps(content, "then"):
        if "tell" in keys:
            yield f"then.{event}", ("then", event, "tell")
    yield "done", ("done",)


def _maps(content: Any, key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    members = content.get(key) if isinstance(content, dict) else None
    if isinstance(members, dict):
        yield from ((name, member) for name, member in members.items() if isinstance(member, dict))


def read_catalogue(content: Any) -> dict[str, Welsh]:
    """Read a catalogue: ``path: {hash: Welsh}``; what is of another form is left out."""
    if not isinstance(content, dict):
        return {}
    return {
        path: Welsh(*next(iter(entry.items())))
        for path, entry in content.items()
        if isinstance(entry, dict) and len(entry) == 1 and isinstance(next(iter(entry.values())), str)
    }


def find_value(content: Any, path: Path) -> Any:
    """Find the value at a path; None if there is none."""
    for part in path:
        if not isinstance(content, dict) or part not in content:
            return None
        content = content[part]
    return content


def translate(path: str, words: Any, catalogue: Catalogue) -> Text:
    """Return both languages of words: a council's own pair, or the catalogue's Welsh unless it is stale."""
    if isinstance(words, dict):
        return Text(words["en"], words.get("cy", ""))
    welsh = catalogue.get(path)
    return Text(words, welsh.text if welsh and welsh.of == hash_english(words) else "")
