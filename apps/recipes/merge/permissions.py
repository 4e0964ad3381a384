"""What a council may touch of a recipe: everything else is fixed by the parent."""

from collections.abc import Iterator, Mapping
from typing import Any

from apps.recipes.compile.texts import find_value
from apps.recipes.grammar.values import read_length
from apps.recipes.kinds.kinds import KINDS
from apps.recipes.load.faults import Fault, Path
from apps.recipes.load.yaml_source import Source
from apps.recipes.merge.content import NONE, OWN_PREFIX, WHOLE, is_pair

_WILD = "*"
_BOUNDS = tuple(
    sorted({bound for kind in KINDS.values() for bound in kind.bounds} - {"inside", "hold", "from", "to"})
)
_QUESTION = ("ask", "hint", "why", "optional", "from", "to", *_BOUNDS)
_LATER = ("ask", "from", "fee", "refund", "less", "within")
_WORDS_OF_STOP = ("say", "offer", "go_on")
ALLOWED: tuple[tuple[str, ...], ...] = (
    ("extends",), ("name",), ("find",), ("team",), ("sign_in",), ("done",), ("set", _WILD), ("words", _WILD),
    ("decided", _WILD),
    *(("ask", _WILD, key) for key in _QUESTION), ("ask", _WILD, "options", _WILD),
    ("facts", _WILD, "from"), ("facts", _WILD, "down"), ("facts", _WILD, "layer"), ("facts", _WILD, "within"),
    *(("stop", _WILD, key) for key in _WORDS_OF_STOP),
    ("fee", "fund"), *(("fee", "lines", _WILD, key) for key in ("price", "for", "vat")),
    ("then", _WILD, "tell"), *(("later", _WILD, key) for key in _LATER),
    ("privacy", "law"), ("privacy", "keep", _WILD),
)  # fmt: skip
_SIGN_IN = ("no", "offer", "required", "proved")
_DAYS = {"days": 1.0, "weeks": 7.0, "months": 30.5, "years": 365.0}


def check_permissions(parent: Mapping[str, Any], child: Source) -> Iterator[Fault]:
    """List what a council's file touches that it may not."""
    content = child.content
    for path, value in _list_leaves(content, ()):
        yield from _check_leaf(parent, child, path, value)
    if "fee" in content and "decided" not in content and _changes_price(content):
        way_out = "Add `decided: {by: Cabinet, on: 2026-02-12, about: fee}`."
        yield child.make_fault(("fee",), "a fee needs who decided it, and when.", way_out)
    yield from _check_own_questions(parent, child)


def _list_leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict) and not (path and (path[-1] in WHOLE or is_pair(value))):
        for key, member in value.items():
            if path == ("ask",) and key.startswith(OWN_PREFIX) and isinstance(member, dict):
                continue
            yield from _list_leaves(member, (*path, key))
    else:
        yield path, value


def _matches(path: Path, pattern: tuple[str, ...]) -> bool:
    return len(path) == len(pattern) and all(
        allowed in (part, _WILD) for part, allowed in zip(path, pattern, strict=True)
    )


def _check_leaf(parent: Mapping[str, Any], child: Source, path: Path, value: Any) -> Iterator[Fault]:
    if value == NONE:
        yield from _check_removal(parent, child, path)
        return
    if not any(_matches(path, pattern) for pattern in ALLOWED):
        yield child.make_fault(path, "fixed by the parent.", _list_allowed(path))
        return
    yield from _check_target(parent, child, path)
    yield from _check_direction(parent, child, path, value)


def _list_allowed(path: Path) -> str:
    members = sorted(
        {
            pattern[len(path) - 1]
            for pattern in ALLOWED
            if len(pattern) >= len(path) and _matches(path[:-1], pattern[: len(path) - 1])
        }
        - {_WILD, "extends"}
    )
    return f"You may change {', '.join(members)}." if members else "Ask for it in the parent."


def _check_target(parent: Mapping[str, Any], child: Source, path: Path) -> Iterator[Fault]:
    """A difference must be of something that the parent has."""
    if path[0] in {"ask", "facts", "stop"} or path[:2] == ("fee", "lines"):
        depth = 3 if path[0] == "fee" else 2
        if find_value(parent, path[:depth]) is None:
            way_out = (
                f"Begin the name of your own question with {OWN_PREFIX}."
                if path[0] == "ask"
                else "Ask for it in the parent."
            )
            yield child.make_fault(path[:depth], "the parent has no such thing.", way_out)
    if path[:1] == ("set",) and find_value(parent, path) is None:
        yield child.make_fault(
            path, "the parent sets no such parameter.", f"There are: {', '.join(parent.get('set', {}))}."
        )
    if path[-2:-1] == ("options",) and find_value(parent, path) is None:
        yield child.make_fault(
            path, "the parent has no such option.", "You may change the words of its options."
        )


def _check_removal(parent: Mapping[str, Any], child: Source, path: Path) -> Iterator[Fault]:
    value = find_value(parent, path)
    match path:
        case ("ask", _) if isinstance(value, dict) and not value.get("optional"):
            yield child.make_fault(
                path, "only an optional question may be taken out.", "Keep it, or ask in the parent."
            )
        case ("stop", _) if isinstance(value, dict) and value.get("law"):
            yield child.make_fault(path, "this stop is law.", "You may change its words.")
        case ("ask", _) | ("stop", _) | ("fee", "lines", _) | ("then", _) | ("later", _):
            if value is None:
                yield child.make_fault(
                    path, "the parent has no such thing to take out.", "Leave out the line."
                )
        case ("ask", _, "hint") | ("ask", _, "options") | ("then", _, "tell"):
            pass
        case _:
            yield child.make_fault(path, "it cannot be taken out.", _list_allowed(path))


def _check_direction(parent: Mapping[str, Any], child: Source, path: Path, value: Any) -> Iterator[Fault]:
    before = find_value(parent, path)
    match path:
        case ("ask", _, "optional") if before is True and value is not True:
            yield child.make_fault(path, "what is optional stays optional.", "Leave out the line.")
        case ("ask", _, "from") if not _is_date(parent, path):
            yield child.make_fault(path, "fixed by the parent.", "You may change hint and words.")
        case ("sign_in",) if value in _SIGN_IN and _SIGN_IN.index(value) < _SIGN_IN.index(
            str(before or "offer")
        ):
            yield child.make_fault(
                path, "signing in may be made stricter, not looser.", f"The parent has {before}."
            )
        case ("privacy", "keep", _) if _is_longer(value, before):
            yield child.make_fault(
                path,
                "answers may be kept shorter than in the parent, not longer.",
                f"The parent has {before}.",
            )


def _is_date(parent: Mapping[str, Any], path: Path) -> bool:
    return bool(find_value(parent, (*path[:2], "is")) == "date")


def _is_longer(value: Any, before: Any) -> bool:
    if before is None:
        return False
    lengths = [read_length(str(text).split(" after ", 1)[0]) for text in (value, before)]
    if None in lengths:
        return bool(value != before)
    days = [number * _DAYS.get(unit, 1.0) for number, unit in (length for length in lengths if length)]
    return days[0] > days[1]


def _changes_price(content: Mapping[str, Any]) -> bool:
    lines = find_value(content, ("fee", "lines")) or {}
    return any((isinstance(line, dict) and "price" in line) or line == NONE for line in lines.values())


def _check_own_questions(parent: Mapping[str, Any], child: Source) -> Iterator[Fault]:
    questions = child.content.get("ask", {})
    for name, keys in questions.items() if isinstance(questions, dict) else ():
        if not name.startswith(OWN_PREFIX) or not isinstance(keys, dict):
            continue
        for key in ("is", "ask", "after", "why"):
            if key not in keys:
                yield child.make_fault(
                    ("ask", name),
                    f"your own question needs `{key}:`.",
                    "Say what, after which page, and why.",
                )
        if "after" in keys and keys["after"] not in parent.get("ask", {}):
            yield child.make_fault(
                ("ask", name, "after"),
                "the parent has no such question.",
                f"There are: {', '.join(parent.get('ask', {}))}.",
            )
