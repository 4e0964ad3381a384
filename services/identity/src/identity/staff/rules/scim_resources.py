"""SCIM users and groups (RFC 7643 section 4): the attributes that we store, read from whole resources."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from chassis import ids
from identity.staff.rules.scim import (
    ENTERPRISE,
    MAX_MEMBERS,
    ScimError,
    lower_names,
    read_boolean,
    read_text,
)
from identity.staff.rules.scim_filters import Path, read_path

_IGNORED = frozenset(
    {
        "schemas", "id", "meta", "groups", "nickname", "profileurl", "title", "usertype", "preferredlanguage",
        "locale", "timezone", "password", "phonenumbers", "ims", "photos", "addresses", "entitlements",
        "roles", "x509certificates", ENTERPRISE.lower(),
    }
)  # fmt: skip
TEXTS = {"username": "user_name", "externalid": "external_id", "displayname": "display_name"}
"""Attributes that are a plain text, with the member of ``User`` or ``GroupChange`` that stores them."""
_NAME_PARTS = {"givenname": "given_name", "familyname": "family_name"}


@dataclass(frozen=True, slots=True)
class User:
    """A person of the directory. A missing text is empty."""

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
    """A change of a group. With ``clear``, members who are not in ``add`` are removed."""

    display_name: str | None = None
    external_id: str | None = None
    clear: bool = False
    add: set[UUID] = field(default_factory=set)
    remove: set[UUID] = field(default_factory=set)


def read_user(body: Mapping[str, Any]) -> User:
    """Read a whole user from a POST or PUT. Raises ScimError."""
    members = lower_names(body)
    if not members.get("username"):
        raise ScimError("invalidValue", "userName is needed.")
    user = User("")
    for name, value in members.items():
        if value is not None:
            user = set_attribute(user, read_path(name), value)
    return check_user(user)


def read_group(body: Mapping[str, Any]) -> GroupChange:
    """Read a whole group from a POST or PUT. Raises ScimError."""
    members = lower_names(body)
    name = read_text(members.get("displayname"), "displayName")
    if not name:
        raise ScimError("invalidValue", "displayName is needed.")
    external_id = members.get("externalid")
    return GroupChange(
        display_name=name,
        external_id=read_text(external_id, "externalId") if external_id else None,
        clear=True,
        add=read_ids(members.get("members") or []),
    )


def set_attribute(user: User, path: Path, value: object) -> User:
    """Set one attribute of a user. Raises ScimError."""
    name = path.name
    if name in TEXTS:
        if name == "externalid" and value is None:
            return replace(user, external_id=None)
        return _replace(user, {TEXTS[name]: read_text(value, name)})
    if name == "active":
        return replace(user, active=read_boolean(value, "active"))
    if name == "name":
        return _set_name(user, path.sub, value)
    if name == "emails":
        return replace(user, email=_read_email(path, value))
    if is_ignored(name):
        return user
    raise ScimError("invalidPath", f"There is no attribute {name[:60]}.")


def is_ignored(name: str) -> bool:
    """Tell whether an attribute is accepted and not stored."""
    return name in _IGNORED or name.startswith("urn:")


def check_user(user: User) -> User:
    """Check that a user has a userName, and fill in the display name. Raises ScimError."""
    if not user.user_name:
        raise ScimError("invalidValue", "userName is needed.")
    full_name = f"{user.given_name} {user.family_name}".strip()
    return replace(user, external_id=user.external_id or None, display_name=user.display_name or full_name)


def read_ids(value: object) -> set[UUID]:
    """Read the ids of a group's members. Raises ScimError."""
    references = value if isinstance(value, list) else [value]
    if len(references) > MAX_MEMBERS:
        raise ScimError("tooMany", f"At most {MAX_MEMBERS} members in one request.")
    return {
        _read_id(lower_names(reference).get("value") if isinstance(reference, dict) else reference)
        for reference in references
    }


def _replace(user: User, texts: Mapping[str, Any]) -> User:
    return replace(user, **texts)


def _set_name(user: User, sub: str | None, value: object) -> User:
    parts = lower_names(value) if sub is None else {sub: value}
    texts = {
        _NAME_PARTS[part]: read_text(text or "", part) for part, text in parts.items() if part in _NAME_PARTS
    }
    return _replace(user, texts)


def _read_email(path: Path, value: object) -> str:
    """Choose the address to store: the primary one, else the one at work, else the first."""
    if isinstance(value, dict):
        value = [value]
    if isinstance(value, list):
        emails = [lower_names(email) for email in value]
        best = sorted(
            emails, key=lambda email: (email.get("primary") is not True, email.get("type") != "work")
        )
        value = best[0].get("value", "") if best else ""
    if path.sub not in (None, "value"):
        raise ScimError("invalidPath", "Of emails only the value can be set.")
    return read_text(value, "emails")


def _read_id(value: object) -> UUID:
    try:
        return ids.read(str(value))
    except ValueError as error:
        message = "A member is no user of ours; groups within groups are not kept."
        raise ScimError("invalidValue", message) from error
