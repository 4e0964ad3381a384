"""API models that several domains share: scopes, keys, token errors."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from identity.shared.oauth import assertions, scopes

Mode = Literal["sandbox", "live"]
Authentication = Annotated[
    Literal["client_secret", "private_key_jwt", "none"],
    Field(description="How the client authenticates", json_schema_extra={"x-extensible-enum": True}),
]
"""Extensible: more methods will be added."""


def _check_scopes(values: list[str]) -> list[str]:
    missing = scopes.list_unknown(values)
    if missing:
        raise ValueError(f"no such scope: {', '.join(missing)}; the scopes are {', '.join(scopes.CATALOGUE)}")
    return list(scopes.normalise(values))


def _check_keys(values: list[dict[str, Any]]) -> list[dict[str, str]]:
    keys = [assertions.parse_public_key(value) for value in values]
    if len({key["kid"] for key in keys}) != len(keys):
        raise ValueError("each key needs a kid of its own")
    return keys


Scope = Annotated[str, StringConstraints(min_length=3, max_length=60, pattern=r"^[a-z]+:[a-z-]+$")]
Scopes = Annotated[
    list[Scope],
    Field(min_length=1, max_length=50, examples=[["address:read"]]),
    AfterValidator(_check_scopes),
]
PublicKeys = Annotated[
    list[dict[str, Any]], Field(min_length=1, max_length=assertions.MAX_KEYS), AfterValidator(_check_keys)
]


class RequestBody(BaseModel):
    """A request body. An unknown member is an error."""

    model_config = ConfigDict(extra="forbid")


class JsonWebKeySet(RequestBody):
    """A client's public keys (RFC 7517)."""

    keys: PublicKeys


class TokenError(BaseModel):
    """Why there is no token (RFC 6749 section 5.2)."""

    error: str = Field(examples=["invalid_client"])
    error_description: str


class JwksKey(BaseModel):
    """A public key of the issuer."""

    kty: str
    kid: str
    use: str
    alg: str
    crv: str | None = Field(default=None, description="Of an EC key, with x and y")
    x: str | None = None
    y: str | None = None
    n: str | None = Field(
        default=None, description="Of an RSA key, with e; for ID tokens of clients that ask for RS256"
    )
    e: str | None = None


class Jwks(BaseModel):
    """The issuer's public keys (RFC 7517)."""

    keys: list[JwksKey]
