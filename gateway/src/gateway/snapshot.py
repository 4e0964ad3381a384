"""The snapshot of councils and revoked credentials, as identity answers it."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Claim = Literal["jti", "client_id", "sub", "mandate"]
_Id = Annotated[str, Field(min_length=1, max_length=200)]


class Council(BaseModel):
    """A council. With any status but ``active`` its traffic is refused."""

    model_config = ConfigDict(frozen=True)

    slug: str = Field(pattern="^[a-z][a-z0-9-]{1,38}[a-z0-9]$")
    status: str = Field(max_length=40)


class Revocation(BaseModel):
    """A revoked credential. ``claim`` is the token's claim that holds the id; None is any claim.

    ``issued_before`` revokes only tokens whose ``iat`` is not later than its second.
    """

    model_config = ConfigDict(frozen=True)

    id: _Id
    claim: Claim | None = None
    issued_before: datetime | None = None


class Snapshot(BaseModel):
    """The answer of ``GET /identity/v1/gateway``, without members the gateway does not need."""

    model_config = ConfigDict(frozen=True)

    councils: tuple[Council, ...]
    revoked: tuple[Revocation, ...]
