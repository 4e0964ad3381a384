"""Events identity publishes. None carries a secret or a person's data."""

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
    """A council as it stands after the change. The event's sequence is the council's version."""

    slug: Slug
    name: Name
    gss: Gss
    region: str = Field(max_length=40, description="Where the council's data is kept")
    status: Literal["active", "suspended"]


class CouncilCreated(Council):
    """A council has joined: every service answers for it from now on."""

    event_type: ClassVar[str] = "identity.council.created.v1"
    event_example: ClassVar[dict[str, Any]] = _EXAMPLE


class CouncilChanged(Council):
    """A council has been renamed, suspended or taken up again."""

    event_type: ClassVar[str] = "identity.council.changed.v1"
    event_example: ClassVar[dict[str, Any]] = _EXAMPLE | {"name": "City, Town & Villages Council"}


class TokenRevoked(EventData):
    """A credential is refused from now on although its signature holds.

    ``id`` is a token's ``jti`` or a ``client_id``, whose tokens are all refused. After ``expires_at``
    no such token can be valid and the refusal may be forgotten.
    """

    event_type: ClassVar[str] = "identity.token.revoked.v1"
    event_example: ClassVar[dict[str, Any]] = {
        "id": "01kp3v9m2q8s4t6w1x5y7z0abc",
        "expires_at": "2027-11-21T10:00:00Z",
    }

    id: str = Field(max_length=100)
    expires_at: datetime
