"""The API's models of a council's client for sign-in."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Mode = Literal["sandbox", "live"]
ClientId = Annotated[str, StringConstraints(pattern=r"^[0-9a-z]{26}$")]


class NewSignInClient(BaseModel):
    """The client that the council registered for this service's staff."""

    model_config = ConfigDict(extra="forbid")

    client_id: ClientId = Field(description="The `client_id` of the service registered at identity")


class SignInClient(BaseModel):
    """A council's client for sign-in, and what to register for it at `/{council}/identity/v1/services`."""

    mode: Mode = Field(description="That of your credential")
    client_id: str | None = Field(description="null: nobody can sign in yet")
    redirect_uris: list[str]
    post_logout_redirect_uris: list[str]
    backchannel_logout_uri: str
    scopes: list[str]
    jwks: dict[str, Any] = Field(description="The public key with which the service authenticates")
