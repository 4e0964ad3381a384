"""Faults of a recipe: file, line, path, reason and the way out. All of them are reported at once."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault, at a line and column from 1."""

    file: str
    line: int
    column: int
    path: str
    reason: str
    way_out: str = ""

    def __str__(self) -> str:
        return (
            f"{self.file}:{self.line} {self.path}: {self.reason}{' ' + self.way_out if self.way_out else ''}"
        )


class RecipeError(Exception):
    """A recipe that is not accepted, with every fault."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(map(str, self.faults)))


def suggest(name: str, names: Iterable[str], noun: str) -> str:
    """Suggest the nearest known name, or list them."""
    ordered = sorted(names)
    near = difflib.get_close_matches(name, ordered, n=1)
    if near:
        return f"Did you mean {near[0]}?"
    return f"There is no {noun} yet." if not ordered else f"There are: {', '.join(ordered[:20])}."


def format_path(path: Path) -> str:
    """Write a path as a person reads it: ask.bins.max."""
    return ".".join(map(str, path)) or "(file)"
