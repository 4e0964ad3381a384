"""The events identity publishes. None carries a secret or personal data."""

from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from chassis.events import EventData
from chassis.types import Gss, Name, Slug

_EXAMPLE: dict[str, Any] = {
    "slug": "citytown",
    "name": "City & Town Council",
    "gss": "E06000022",
    "region": "local",
    "status": "active",
}


class Council(EventData):
    """A council after the change. The event's sequence is the council's version."""

    slug: Slug
    name: Name
    gss: Gss
    region: str = Field(max_length=40, description="Where the council's data is kept")
    status: Literal["active", "suspended"]


class CouncilCreated(Council):
    """A council was created. Every service answers for it from now on."""

    event_type: ClassVar[str] = "identity.council.created.v1"
    event_example: ClassVar[dict[str, Any]] = _EXAMPLE


class CouncilChanged(Council):
    """A council was renamed, suspended or reopened."""

    event_type: ClassVar[str] = "identity.council.changed.v1"
    event_example: ClassVar[dict[str, Any]] = _EXAMPLE | {"name": "City, Town & Villages Council"}


class TokenRevoked(EventData):
    """A credential was revoked. Refuse it from now on, although its signature is good.

    ``id`` is a token's ``jti``, or a ``client_id``, a ``sub`` or a ``mandate``, whose tokens are all
    refused; with ``issued_before`` only those whose ``iat`` is not later. After ``expires_at`` no such token
    can be valid, and you may delete the revocation. A later event with the same id widens an earlier one.
    """

    event_type: ClassVar[str] = "identity.token.revoked.v1"
    event_example: ClassVar[dict[str, Any]] = {
        "id": "01kp3v9m2q8s4t6w1x5y7z0abc",
        "expires_at": "2027-11-21T10:00:00Z",
        "issued_before": "2026-11-21T10:00:00Z",
    }

    id: str = Field(max_length=100)
    expires_at: datetime
    issued_before: datetime | None = None


_ACCOUNT = {"account": "01kp3v9m2q8s4t6w1x5y7z0abc"}


class Account(EventData):
    """A person's account, by its id alone."""

    account: str = Field(max_length=26)


class AccountCreated(Account):
    """A person opened an account."""

    event_type: ClassVar[str] = "identity.account.created.v1"
    event_example: ClassVar[dict[str, Any]] = _ACCOUNT


class AccountChanged(Account):
    """Contact details or sign-in methods of an account changed. ``changed`` names them, never the values."""

    event_type: ClassVar[str] = "identity.account.changed.v1"
    event_example: ClassVar[dict[str, Any]] = _ACCOUNT | {"changed": ["email"]}

    changed: list[str] = Field(min_length=1, max_length=10)


class AccountClosed(Account):
    """A person closed their account. Delete what you hold about them by consent alone."""

    event_type: ClassVar[str] = "identity.account.closed.v1"
    event_example: ClassVar[dict[str, Any]] = _ACCOUNT


class SessionEnded(EventData):
    """A session in a browser ended: by the person, by time, or by a leaver's directory."""

    event_type: ClassVar[str] = "identity.session.ended.v1"
    event_example: ClassVar[dict[str, Any]] = _ACCOUNT | {
        "session": "01kp3v9m2q8s4t6w1x5y7z0abd",
        "reason": "signed-out",
    }

    account: str = Field(max_length=26)
    session: str = Field(max_length=26)
    reason: Literal["signed-out", "expired", "ended-by-person", "account-closed", "leaver", "security"]


class Mandate(EventData):
    """A mandate: one person may act for another, for a theme and a time."""

    mandate: str = Field(max_length=26)
    principal: str = Field(max_length=26, description="The account that the delegate acts for")
    delegate: str = Field(max_length=26, description="The account that acts")
    theme: str = Field(max_length=40)
    expires_at: datetime


_MANDATE = {
    "mandate": "01kp3v9m2q8s4t6w1x5y7z0abe",
    "principal": "01kp3v9m2q8s4t6w1x5y7z0abc",
    "delegate": "01kp3v9m2q8s4t6w1x5y7z0abf",
    "theme": "council-tax",
    "expires_at": "2027-11-21T00:00:00Z",
}


class MandateAccepted(Mandate):
    """A delegate accepted a mandate, which is in force from now on."""

    event_type: ClassVar[str] = "identity.mandate.accepted.v1"
    event_example: ClassVar[dict[str, Any]] = _MANDATE


class MandateRevoked(Mandate):
    """A mandate ended before its time."""

    event_type: ClassVar[str] = "identity.mandate.revoked.v1"
    event_example: ClassVar[dict[str, Any]] = _MANDATE


class IdentityAccess(EventData):
    """A proof of a person's identity was made, read or changed. The event never has its content."""

    event_type: ClassVar[str] = "identity.access.recorded.v1"
    event_example: ClassVar[dict[str, Any]] = _ACCOUNT | {
        "proof": "01kp3v9m2q8s4t6w1x5y7z0abg",
        "act": "read",
        "actor": "01kp3v9m2q8s4t6w1x5y7z0abh",
        "at": "2026-11-21T10:00:00Z",
    }

    account: str = Field(max_length=26)
    proof: str = Field(max_length=26)
    act: Literal["recorded", "read", "confirmed", "refused", "withdrawn", "erased"]
    actor: str = Field(max_length=200, description="The subject or client of who did it")
    at: datetime
