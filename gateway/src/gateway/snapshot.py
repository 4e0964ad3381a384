"""What the gateway knows of councils and revoked credentials: identity's picture of both."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Claim = Literal["jti", "client_id", "sub", "mandate"]
_Id = Annotated[str, Field(min_length=1, max_length=200)]


class Council(BaseModel):
    """A council whose traffic may come. Any status but ``active`` is refused."""

    model_config = ConfigDict(frozen=True)

    slug: str = Field(pattern="^[a-z][a-z0-9-]{1,38}[a-z0-9]$")
    status: str = Field(max_length=40)


class Revoked(BaseModel):
    """A refused credential. ``claim`` is where the id stands in a token; None is any of them.

    With ``issued_before`` only tokens whose ``iat`` is not later than its second.
    """

    model_config = ConfigDict(frozen=True)

    id: _Id
    claim: Claim | None = None
    issued_before: datetime | None = None


class Snapshot(BaseModel):
    """``GET /identity/v1/gateway``. Members the gateway does not need are left out."""

    model_config = ConfigDict(frozen=True)

    councils: tuple[Council, ...]
    revoked: tuple[Revoked, ...]
