"""Users and groups of a directory: what we keep of them, read from whole resources and from patches."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from chassis import ids
from identity.staff.rules.scim import (
    ENTERPRISE,
    MOST_MEMBERS,
    Operation,
    Path,
    ScimError,
    boolean,
    lowered,
    read_path,
    spread,
    text,
)

_LEFT_ALONE = frozenset(
    {
        "schemas", "id", "meta", "groups", "nickname", "profileurl", "title", "usertype", "preferredlanguage",
        "locale", "timezone", "password", "phonenumbers", "ims", "photos", "addresses", "entitlements",
        "roles", "x509certificates", ENTERPRISE.lower(),
    }
)  # fmt: skip
_SIMPLE = {"username": "user_name", "externalid": "external_id", "displayname": "display_name"}
_NAME = {"givenname": "given_name", "familyname": "family_name"}


@dataclass(frozen=True, slots=True)
class User:
    """A person of the directory. A text that is not given is empty."""

    user_name: str
    external_id: str | None = None
    given_name: str = ""
    family_name: str = ""
    display_name: str = ""
    email: str = ""
    active: bool = True

    @property
    def key(self) -> str:
        """``user_name`` as it is compared."""
        return self.user_name.casefold()


@dataclass(slots=True)
class GroupChange:
    """What becomes of a group. ``clear``: whoever is not in ``add`` goes."""

    display_name: str | None = None
    external_id: str | None = None
    clear: bool = False
    add: set[UUID] = field(default_factory=set)
    remove: set[UUID] = field(default_factory=set)


def read_user(body: Mapping[str, Any]) -> User:
    """A whole user, as POST and PUT bring it. Raises ScimError."""
    members = lowered(body)
    if not members.get("username"):
        raise ScimError("invalidValue", "userName is needed.")
    user = User("")
    for name, value in members.items():
        if value is not None:
            user = _set(user, read_path(name), value)
    return _checked(user)


def patch_user(user: User, operations: Iterable[Operation]) -> User:
    """The user after the operations, one after the other. Raises ScimError."""
    for whole in operations:
        for one in spread(whole):
            if one.path is None:  # pragma: no cover - spread gives each a path
                continue
            value = _nothing(one.path) if one.verb == "remove" or one.value is None else one.value
            user = _set(user, one.path, value)
    return _checked(user)


def _set(user: User, path: Path, value: object) -> User:
    name = path.name
    if name in _SIMPLE:
        if name == "externalid" and value is None:
            return replace(user, external_id=None)
        return _with(user, {_SIMPLE[name]: text(value, name)})
    if name == "active":
        return replace(user, active=boolean(value, "active"))
    if name == "name":
        return _set_name(user, path.sub, value)
    if name == "emails":
        return replace(user, email=_email(path, value))
    if name in _LEFT_ALONE or name.startswith("urn:"):
        return user
    raise ScimError("invalidPath", f"There is no attribute {name[:60]}.")


def _with(user: User, texts: Mapping[str, Any]) -> User:
    return replace(user, **texts)


def _set_name(user: User, sub: str | None, value: object) -> User:
    parts = lowered(value) if sub is None else {sub: value}
    given = {_NAME[part]: text(one or "", part) for part, one in parts.items() if part in _NAME}
    return _with(user, given)


def _email(path: Path, value: object) -> str:
    """The address kept: the primary one, else the one at work, else the first."""
    if isinstance(value, dict):
        value = [value]
    if isinstance(value, list):
        listed = [lowered(one) for one in value]
        best = sorted(listed, key=lambda one: (one.get("primary") is not True, one.get("type") != "work"))
        value = best[0].get("value", "") if best else ""
    if path.sub not in (None, "value"):
        raise ScimError("invalidPath", "Of emails only the value can be set.")
    return text(value, "emails")


def _nothing(path: Path) -> object:
    if path.name in {"username", "active"}:
        raise ScimError("mutability", f"{path.name} cannot be removed.")
    if path.name == "externalid":
        return None
    return {"givenName": "", "familyName": ""} if path.name == "name" and path.sub is None else ""


def _checked(user: User) -> User:
    if not user.user_name:
        raise ScimError("invalidValue", "userName is needed.")
    full = f"{user.given_name} {user.family_name}".strip()
    return replace(user, external_id=user.external_id or None, display_name=user.display_name or full)


def read_group(body: Mapping[str, Any]) -> GroupChange:
    """A whole group, as POST and PUT bring it. Raises ScimError."""
    members = lowered(body)
    name = text(members.get("displayname"), "displayName")
    if not name:
        raise ScimError("invalidValue", "displayName is needed.")
    external = members.get("externalid")
    return GroupChange(
        display_name=name,
        external_id=text(external, "externalId") if external else None,
        clear=True,
        add=_ids(members.get("members") or []),
    )


def patch_group(operations: Iterable[Operation]) -> GroupChange:
    """What the operations do together. Raises ScimError."""
    change = GroupChange()
    for whole in operations:
        for one in spread(whole):
            if one.path is not None:
                _patch_group(change, one, one.path)
    return change


def _patch_group(change: GroupChange, one: Operation, path: Path) -> None:
    if path.name == "members":
        _patch_members(change, one, path)
    elif path.name in {"displayname", "externalid"}:
        if one.verb == "remove":
            raise ScimError("mutability", f"{path.name} cannot be removed.")
        value = text(one.value, path.name)
        if not value:
            raise ScimError("invalidValue", f"{path.name} is empty.")
        setattr(change, _SIMPLE[path.name], value)
    elif path.name not in _LEFT_ALONE and not path.name.startswith("urn:"):
        raise ScimError("invalidPath", f"There is no attribute {path.name[:60]}.")


def _patch_members(change: GroupChange, one: Operation, path: Path) -> None:
    if path.chosen is not None:
        named = _ids([path.chosen]) if set(path.chosen) == {"value"} else None
        if one.verb != "remove" or named is None or path.sub is not None:
            raise ScimError("invalidPath", 'Members are chosen by members[value eq "id"], to be removed.')
    else:
        named = _ids(one.value) if one.value is not None else set()
    everybody = one.verb == "remove" and path.chosen is None and one.value is None
    if one.verb == "replace" or everybody:
        change.clear, change.add, change.remove = True, set(named), set()
    elif one.verb == "add":
        change.add |= named
        change.remove -= named
    else:
        change.remove |= named
        change.add -= named


def _ids(value: object) -> set[UUID]:
    listed = value if isinstance(value, list) else [value]
    if len(listed) > MOST_MEMBERS:
        raise ScimError("tooMany", f"At most {MOST_MEMBERS} members in one request.")
    return {_id(lowered(one).get("value") if isinstance(one, dict) else one) for one in listed}


def _id(value: object) -> UUID:
    try:
        return ids.read(str(value))
    except ValueError as error:
        message = "A member is no user of ours; groups within groups are not kept."
        raise ScimError("invalidValue", message) from error
