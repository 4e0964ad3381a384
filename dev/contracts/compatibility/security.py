"""Who may call: every credential and scope that was enough must still be enough."""

from collections.abc import Iterator, Mapping
from typing import Any

from dev.contracts.compatibility.findings import BreakingChange

Node = Mapping[str, Any]
Requirement = Mapping[str, list[str]]  # scheme -> scopes, all of them together
_FOR_PEOPLE = {"description", "bearerFormat"}  # parts of a scheme that no client depends on


def compare_requirements(old_root: Node, new_root: Node, old: Node, new: Node) -> Iterator[BreakingChange]:
    """Report each requirement of the old operation whose credential the new one refuses."""
    before, after = _list_requirements(old_root, old), _list_requirements(new_root, new)
    for requirement in before:
        if not any(_satisfies(requirement, needed) for needed in after):
            yield _report_refused(requirement, after)
    if {} not in after:
        yield from _compare_delegation(old.get("x-delegation"), new.get("x-delegation"))


def _compare_delegation(
    old: Mapping[str, str] | None, new: Mapping[str, str] | None
) -> Iterator[BreakingChange]:
    """Compare ``x-delegation``: the theme of the mandates that are accepted; without it none is.

    A fixed theme and that of the resource (``of-the-resource``) admit different delegates.
    """
    if old is None or (new is not None and new["theme"] == old["theme"]):
        return
    now = f"now needs one for {new['theme']}" if new is not None else "is not enough any more"
    yield BreakingChange("delegation-narrowed", "x-delegation", f"a mandate for {old['theme']} {now}")


def _list_requirements(root: Node, operation: Node) -> list[Requirement]:
    """List the alternatives; ``[{}]`` for a public operation."""
    return list(operation.get("security", root.get("security", []))) or [{}]


def _satisfies(credential: Requirement, needed: Requirement) -> bool:
    return all(
        scheme in credential and set(scopes) <= set(credential[scheme]) for scheme, scopes in needed.items()
    )


def _report_refused(requirement: Requirement, after: list[Requirement]) -> BreakingChange:
    if not requirement:
        names = sorted({scheme for needed in after for scheme in needed})
        return BreakingChange("security-added", "security", f"was public and now needs {', '.join(names)}")
    needed = next((needed for needed in after if needed.keys() <= requirement.keys()), None)
    if needed is None:
        return BreakingChange(
            "security-removed", "security", f"{_describe(requirement)} is not enough any more"
        )
    added = {scope for scheme, scopes in needed.items() for scope in set(scopes) - set(requirement[scheme])}
    detail = f"{_describe(requirement)} now needs {', '.join(sorted(added))} too"
    return BreakingChange("scope-added", "security", detail)


def _describe(requirement: Requirement) -> str:
    return " and ".join(
        f"{scheme} ({', '.join(scopes)})" if scopes else scheme for scheme, scopes in requirement.items()
    )


def compare_schemes(old: Node, new: Node) -> Iterator[BreakingChange]:
    """Compare the security schemes: where credentials go in a request, where tokens come from."""
    schemes = _get_schemes(new)
    for name, scheme in _get_schemes(old).items():
        if name in schemes and _strip_scheme(scheme) != _strip_scheme(schemes[name]):
            yield BreakingChange(
                "security-scheme-changed", name, "the credential is sent or obtained in another way"
            )
        for flow, scope in sorted(_list_scopes(scheme) - _list_scopes(schemes.get(name, scheme))):
            yield BreakingChange("security-scheme-changed", name, f"the scope {scope} is gone from {flow}")


def _get_schemes(root: Node) -> Node:
    schemes: Node = root.get("components", {}).get("securitySchemes", {})
    return schemes


def _strip_scheme(scheme: Node) -> dict[str, Any]:
    """Copy the scheme without its scopes and without what is for people."""
    flows = {
        name: {key: value for key, value in flow.items() if key != "scopes"}
        for name, flow in scheme.get("flows", {}).items()
    }
    stripped = {
        key: value for key, value in scheme.items() if key not in _FOR_PEOPLE and not key.startswith("x-")
    }
    return {**stripped, "flows": flows}


def _list_scopes(scheme: Node) -> set[tuple[str, str]]:
    return {
        (name, scope) for name, flow in scheme.get("flows", {}).items() for scope in flow.get("scopes", {})
    }
