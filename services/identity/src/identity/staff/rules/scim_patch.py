"""SCIM PATCH (RFC 7644 section 3.5.2): read its operations, and apply them to users and groups."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from identity.staff.rules.scim import ScimError, lower_names, read_text
from identity.staff.rules.scim_filters import Path, read_path
from identity.staff.rules.scim_resources import (
    TEXTS,
    GroupChange,
    User,
    check_user,
    is_ignored,
    read_ids,
    set_attribute,
)

MAX_OPERATIONS = 1_000


@dataclass(frozen=True, slots=True)
class PatchOperation:
    """One operation of a PATCH: ``add``, ``replace`` or ``remove``."""

    verb: str
    path: Path | None
    value: Any


def read_operations(body: Mapping[str, Any]) -> list[PatchOperation]:
    """Read the operations of a PATCH. Raises ScimError."""
    operations = lower_names(body).get("operations")
    if not isinstance(operations, list) or not 1 <= len(operations) <= MAX_OPERATIONS:
        raise ScimError("invalidSyntax", f"Operations must be a list of 1 to {MAX_OPERATIONS}.")
    return [_read_operation(operation) for operation in operations]


def _read_operation(value: object) -> PatchOperation:
    members = lower_names(value)
    verb = str(members.get("op", "")).lower()
    if verb not in {"add", "replace", "remove"}:
        raise ScimError("invalidSyntax", "op must be add, replace or remove.")
    path = members.get("path")
    if verb == "remove" and not path:
        raise ScimError("noTarget", "remove needs a path.")
    return PatchOperation(verb, read_path(path) if path else None, members.get("value"))


def split_operation(operation: PatchOperation) -> list[PatchOperation]:
    """Split an operation without a path into one for each member of its value, whose names are paths."""
    if operation.path is not None:
        return [operation]
    if not isinstance(operation.value, dict):
        raise ScimError("noTarget", "An operation without a path needs an object as its value.")
    return [PatchOperation(operation.verb, read_path(name), value) for name, value in operation.value.items()]


def patch_user(user: User, operations: Iterable[PatchOperation]) -> User:
    """Apply operations to a user, one after the other. Raises ScimError."""
    for whole in operations:
        for operation in split_operation(whole):
            path = operation.path
            if path is None:  # pragma: no cover - split_operation gives each a path
                continue
            removes = operation.verb == "remove" or operation.value is None
            user = set_attribute(user, path, _empty_value(path) if removes else operation.value)
    return check_user(user)


def _empty_value(path: Path) -> object:
    if path.name in {"username", "active"}:
        raise ScimError("mutability", f"{path.name} cannot be removed.")
    if path.name == "externalid":
        return None
    return {"givenName": "", "familyName": ""} if path.name == "name" and path.sub is None else ""


def patch_group(operations: Iterable[PatchOperation]) -> GroupChange:
    """Combine operations on a group into one change. Raises ScimError."""
    change = GroupChange()
    for whole in operations:
        for operation in split_operation(whole):
            if operation.path is not None:
                _patch_attribute(change, operation, operation.path)
    return change


def _patch_attribute(change: GroupChange, operation: PatchOperation, path: Path) -> None:
    if path.name == "members":
        _patch_members(change, operation, path)
    elif path.name in {"displayname", "externalid"}:
        if operation.verb == "remove":
            raise ScimError("mutability", f"{path.name} cannot be removed.")
        value = read_text(operation.value, path.name)
        if not value:
            raise ScimError("invalidValue", f"{path.name} is empty.")
        setattr(change, TEXTS[path.name], value)
    elif not is_ignored(path.name):
        raise ScimError("invalidPath", f"There is no attribute {path.name[:60]}.")


def _patch_members(change: GroupChange, operation: PatchOperation, path: Path) -> None:
    if path.value_filter is not None:
        member_ids = read_ids([path.value_filter]) if set(path.value_filter) == {"value"} else None
        if operation.verb != "remove" or member_ids is None or path.sub is not None:
            raise ScimError("invalidPath", 'Members are chosen by members[value eq "id"], to be removed.')
    else:
        member_ids = read_ids(operation.value) if operation.value is not None else set()
    removes_all = operation.verb == "remove" and path.value_filter is None and operation.value is None
    if operation.verb == "replace" or removes_all:
        change.clear, change.add, change.remove = True, set(member_ids), set()
    elif operation.verb == "add":
        change.add |= member_ids
        change.remove -= member_ids
    else:
        change.remove |= member_ids
        change.add -= member_ids
