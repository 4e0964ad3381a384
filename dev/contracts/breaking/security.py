"""Who may call: every credential and scope that was enough must be enough still."""

from collections.abc import Iterator, Mapping
from typing import Any

from dev.contracts.breaking.finding import Break

Requirement = Mapping[str, list[str]]  # scheme -> scopes, all of them together
# What of a scheme is for people only.
_SILENT = {"description", "bearerFormat"}


def operation(
    old_root: Mapping[str, Any], new_root: Mapping[str, Any], old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[Break]:
    """Every way in that the old operation had must be one the new operation has."""
    before = _ways_in(old_root, old)
    after = _ways_in(new_root, new)
    for way in before:
        if not any(_enough(way, needed) for needed in after):
            yield _lost(way, after)
    if {} not in after:
        yield from _delegates(old.get("x-delegation"), new.get("x-delegation"))


def _delegates(old: Mapping[str, str] | None, new: Mapping[str, str] | None) -> Iterator[Break]:
    """``x-delegation``: whoever acts for another by a mandate for its theme is let in, and nobody else is who
    acts for another. A fixed theme and that of the resource (``of-the-resource``) let in different people.
    """
    if old is None or (new is not None and new["theme"] == old["theme"]):
        return
    now = f"now needs one for {new['theme']}" if new is not None else "is not enough any more"
    yield Break("delegation-narrowed", "x-delegation", f"a mandate for {old['theme']} {now}")


def _ways_in(root: Mapping[str, Any], item: Mapping[str, Any]) -> list[Requirement]:
    """The alternatives; ``[{}]`` when anybody may."""
    return list(item.get("security", root.get("security", []))) or [{}]


def _enough(held: Requirement, needed: Requirement) -> bool:
    return all(scheme in held and set(scopes) <= set(held[scheme]) for scheme, scopes in needed.items())


def _lost(way: Requirement, after: list[Requirement]) -> Break:
    if not way:
        names = sorted({scheme for needed in after for scheme in needed})
        return Break("security-added", "security", f"was public and now asks for {', '.join(names)}")
    same = [needed for needed in after if needed.keys() <= way.keys()]
    if same:
        more = {scope for scheme, scopes in same[0].items() for scope in set(scopes) - set(way[scheme])}
        return Break("scope-added", "security", f"{_said(way)} now needs {', '.join(sorted(more))} too")
    return Break("security-removed", "security", f"{_said(way)} is not enough any more")


def _said(way: Requirement) -> str:
    return " and ".join(
        f"{scheme} ({', '.join(scopes)})" if scopes else scheme for scheme, scopes in way.items()
    )


def schemes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Break]:
    """The credentials themselves: where they go in a request, where tokens come from."""
    after = _schemes(new)
    for name, scheme in _schemes(old).items():
        if name in after and _plain(scheme) != _plain(after[name]):
            yield Break("security-scheme-changed", name, "the credential is given or got in another way")
        for flow, scope in _scopes(scheme) - _scopes(after.get(name, scheme)):
            yield Break("security-scheme-changed", name, f"the scope {scope} is gone from {flow}")


def _schemes(root: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = root.get("components", {}).get("securitySchemes", {})
    return found


def _plain(scheme: Mapping[str, Any]) -> dict[str, Any]:
    flows = {
        name: {word: value for word, value in flow.items() if word != "scopes"}
        for name, flow in scheme.get("flows", {}).items()
    }
    plain = {
        word: value for word, value in scheme.items() if word not in _SILENT and not word.startswith("x-")
    }
    return {**plain, "flows": flows}


def _scopes(scheme: Mapping[str, Any]) -> set[tuple[str, str]]:
    return {
        (name, scope) for name, flow in scheme.get("flows", {}).items() for scope in flow.get("scopes", {})
    }
