"""What is different between two versions of a recipe, and whether that is a minor or a major one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from apps.recipes.load.faults import Path, format_path

_WORDS = {"name", "find", "done", "hint", "why", "say", "go_on", "for", "tell", "law"}
_LOOSER = {"min": -1, "max": 1, "most": 1}


@dataclass(frozen=True, slots=True)
class Difference:
    """A path that changed, from what to what; None where it was or is not there."""

    path: Path
    before: Any
    after: Any
    size: Literal["minor", "major"]

    def __str__(self) -> str:
        return f"{self.size}: {format_path(self.path)}: {_show(self.before)} -> {_show(self.after)}"


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """List the differences between two recipes; the order of questions counts as one."""
    differences = list(_compare(before, after, ()))
    orders = [list(content["ask"]) for content in (before, after)]
    common = [[name for name in order if name in orders[1 - number]] for number, order in enumerate(orders)]
    if common[0] != common[1]:
        differences.append(Difference(("ask",), common[0], common[1], "minor"))
    return differences


def judge(differences: list[Difference]) -> Literal["none", "minor", "major"]:
    """Judge how large all differences are together."""
    if not differences:
        return "none"
    return "major" if any(difference.size == "major" for difference in differences) else "minor"


def next_version(version: str, size: Literal["none", "minor", "major"]) -> str:
    """Return the version after a difference of this size."""
    major, minor = map(int, version.split("."))
    return {"none": version, "minor": f"{major}.{minor + 1}", "major": f"{major + 1}.0"}[size]


def _compare(before: Any, after: Any, path: Path) -> Iterator[Difference]:
    if path == ("version",) or before == after:
        return
    whole = len(path) >= 2 and path[0] in {"ask", "facts", "stop"} and (before is None or after is None)  # noqa: PLR2004
    if isinstance(before, Mapping) and isinstance(after, Mapping) and path[-1:] != ("price",) and not whole:
        for key in dict.fromkeys([*before, *after]):
            yield from _compare(before.get(key), after.get(key), (*path, key))
    else:
        yield Difference(path, before, after, "minor" if _is_minor(path, before, after) else "major")


def _is_minor(path: Path, before: Any, after: Any) -> bool:
    """Words, prices, a new fact, a new optional question, a looser bound: nothing that a child may trip
    over."""
    match path:
        case ("ask", _) | ("facts", _):
            return before is None and (path[0] == "facts" or after.get("optional") is True)
        case ("ask", _, ("min" | "max" | "most") as bound):
            return after is None or (before is not None and (after - before) * _LOOSER[bound] > 0)
        case ("ask", _, "optional"):
            return after is True
        case ("ask", _, "ask") | ("fee", "lines", _, "price") | ("ask", _, "options", _):
            return before is not None and after is not None
        case ("then", *_):
            return path[-1] != "do" and after is not None
        case _:
            return path[-1] in _WORDS and before is not None and after is not None


def _show(value: Any) -> str:
    return "nothing" if value is None else str(value)[:80]
