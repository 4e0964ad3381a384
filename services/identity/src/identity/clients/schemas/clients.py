"""API models of clients."""

from datetime import datetime

from pydantic import BaseModel, Field

from chassis.ids import Id
from chassis.types import Name
from identity.shared.schemas import Authentication, JsonWebKeySet, Mode, RequestBody, Scopes


class NewClient(RequestBody):
    """A client to create: with a secret, or with public keys of its own (`private_key_jwt`)."""

    name: Name = Field(examples=["Revenues system"])
    mode: Mode = "live"
    scopes: Scopes
    jwks: JsonWebKeySet | None = Field(default=None, description="Send it to authenticate by private_key_jwt")


class Client(BaseModel):
    """A client that gets tokens for itself."""

    client_id: Id
    name: str
    mode: Mode
    scopes: list[str]
    councils: list[str] = Field(description='The councils it acts for; ["*"] is every one of the region')
    authentication: Authentication
    jwks: JsonWebKeySet | None = None
    created_at: datetime


class ClientMade(Client):
    """A new client."""

    client_secret: str | None = Field(
        default=None, description="Keep it safe: you cannot see it again. None with private_key_jwt"
    )
