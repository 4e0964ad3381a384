"""What the gateway knows of councils and revoked credentials: identity's picture of both."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

_Id = Annotated[str, Field(min_length=1, max_length=200)]


class Council(BaseModel):
    """A council whose traffic may come. Any status but ``active`` is refused."""

    model_config = ConfigDict(frozen=True)

    slug: str = Field(pattern="^[a-z][a-z0-9-]{1,38}[a-z0-9]$")
    status: str = Field(max_length=40)


class Revoked(BaseModel):
    """A refused credential: a ``jti`` or a ``client_id``."""

    model_config = ConfigDict(frozen=True)

    id: _Id


class Snapshot(BaseModel):
    """``GET /identity/v1/gateway``. Members the gateway does not need are left out."""

    model_config = ConfigDict(frozen=True)

    councils: tuple[Council, ...]
    revoked: tuple[Revoked, ...]
