"""The models of machines: clients, API keys, tokens, councils, the issuer's metadata."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from chassis.ids import Id
from chassis.types import Gss, Name, Slug
from identity.rules import assertions, councils, scopes
from identity.rules.tokens import Claim

Mode = Literal["sandbox", "live"]
Status = Literal["active", "suspended"]
Authentication = Annotated[
    Literal["client_secret", "private_key_jwt", "none"],
    Field(description="How it shows who it is", json_schema_extra={"x-extensible-enum": True}),
]
"""Ways will be added: readers take one they do not know as such."""


def _known(values: list[str]) -> list[str]:
    missing = scopes.unknown(values)
    if missing:
        raise ValueError(f"no such scope: {', '.join(missing)}; the scopes are {', '.join(scopes.CATALOGUE)}")
    return list(scopes.tidy(values))


def _free_slug(value: str) -> str:
    if fault := councils.slug_fault(value):
        raise ValueError(fault)
    return value


def _british(value: str) -> str:
    if fault := councils.gss_fault(value):
        raise ValueError(fault)
    return value


def _distinct(values: list[dict[str, Any]]) -> list[dict[str, str]]:
    keys = [assertions.public_key(value) for value in values]
    if len({key["kid"] for key in keys}) != len(keys):
        raise ValueError("each key needs a kid of its own")
    return keys


Scope = Annotated[str, StringConstraints(min_length=3, max_length=60, pattern=r"^[a-z]+:[a-z-]+$")]
Scopes = Annotated[
    list[Scope],
    Field(min_length=1, max_length=50, examples=[["address:read"]]),
    AfterValidator(_known),
]
PublicKeys = Annotated[
    list[dict[str, Any]], Field(min_length=1, max_length=assertions.MAX_KEYS), AfterValidator(_distinct)
]


class Request(BaseModel):
    """A body that comes in: an unknown member is an error, not a silence."""

    model_config = ConfigDict(extra="forbid")


class NewApiKey(Request):
    """An API key to be made."""

    name: Name = Field(examples=["Website address finder"])
    mode: Mode
    scopes: Scopes


class ApiKey(BaseModel):
    """What an API key allows. The key itself is shown once, when it is made."""

    id: Id = Field(description="Also the key's `jti` and `client_id`")
    name: str
    mode: Mode
    scopes: list[str]
    created_at: datetime
    expires_at: datetime


class ApiKeyMade(ApiKey):
    """A new API key."""

    key: str = Field(description="Send it as X-Api-Key or Bearer. Keep it safe: it is never shown again")


class JsonWebKeySet(Request):
    """A client's public keys (RFC 7517)."""

    keys: PublicKeys


class NewClient(Request):
    """A client to be made: with a secret, or with public keys of its own (`private_key_jwt`)."""

    name: Name = Field(examples=["Revenues system"])
    mode: Mode = "live"
    scopes: Scopes
    jwks: JsonWebKeySet | None = Field(default=None, description="Give it to authenticate by private_key_jwt")


class Client(BaseModel):
    """A machine that gets tokens."""

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
        default=None, description="Keep it safe: it is never shown again. None with private_key_jwt"
    )


class NewCouncil(Request):
    """A council that joins."""

    slug: Annotated[Slug, AfterValidator(_free_slug)] = Field(
        description="First part of every path; never changes", examples=["citytown"]
    )
    name: Name = Field(examples=["City & Town Council"])
    gss: Annotated[Gss, AfterValidator(_british)] = Field(examples=["E06000022"])


class CouncilChange(Request):
    """What may change of a council. A member left out stays as it is."""

    name: Name | None = None
    status: Status | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.name is None and self.status is None:
            raise ValueError("give a name, a status or both")
        return self


class Council(BaseModel):
    """A council of this region."""

    slug: str
    name: str
    gss: str
    region: str
    status: Status
    version: int = Field(description="Rises with every change; also the ETag")
    updated_at: datetime


class Token(BaseModel):
    """Tokens (RFC 6749 section 5.1, OpenID Connect Core 3.1.3.3)."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - RFC 6750
    expires_in: int = Field(description="Seconds")
    scope: str
    id_token: str | None = Field(default=None, description="For a code, and when it is refreshed")
    refresh_token: str | None = Field(default=None, description="With offline_access; good once")
    issued_token_type: str | None = Field(default=None, description="For a token exchange (RFC 8693)")


class TokenError(BaseModel):
    """Why there is no token (RFC 6749 section 5.2)."""

    error: str = Field(examples=["invalid_client"])
    error_description: str


class Metadata(BaseModel):
    """What this issuer offers (RFC 8414, OpenID Connect Discovery 1.0): only what there is."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    userinfo_endpoint: str
    jwks_uri: str
    pushed_authorization_request_endpoint: str
    introspection_endpoint: str
    revocation_endpoint: str
    end_session_endpoint: str
    backchannel_logout_supported: bool
    backchannel_logout_session_supported: bool
    scopes_supported: list[str]
    claims_supported: list[str]
    response_types_supported: list[str]
    response_modes_supported: list[str]
    grant_types_supported: list[str]
    subject_types_supported: list[str]
    acr_values_supported: list[str]
    prompt_values_supported: list[str]
    ui_locales_supported: list[str]
    id_token_signing_alg_values_supported: list[str]
    request_object_signing_alg_values_supported: list[str]
    token_endpoint_auth_methods_supported: list[str]
    token_endpoint_auth_signing_alg_values_supported: list[str]
    introspection_endpoint_auth_methods_supported: list[str]
    revocation_endpoint_auth_methods_supported: list[str]
    code_challenge_methods_supported: list[str]
    claims_parameter_supported: bool
    request_parameter_supported: bool
    request_uri_parameter_supported: bool
    require_pushed_authorization_requests: bool
    authorization_response_iss_parameter_supported: bool


class JwksKey(BaseModel):
    """A public key of the issuer."""

    kty: str
    kid: str
    use: str
    alg: str
    crv: str | None = Field(default=None, description="Of an EC key, with x and y")
    x: str | None = None
    y: str | None = None
    n: str | None = Field(default=None, description="Of an RSA key, with e: id_tokens of clients that ask")
    e: str | None = None


class Jwks(BaseModel):
    """The issuer's public keys (RFC 7517)."""

    keys: list[JwksKey]


class DidDocument(BaseModel):
    """The keys of signed statements of identity (W3C DID Core)."""

    context: list[str] = Field(alias="@context")
    id: str = Field(examples=["did:web:identity.example"])
    assertionMethod: list[dict[str, Any]]  # noqa: N815 - DID Core's name


class Trustmark(BaseModel):
    """What the vectors of trust mean here (RFC 8485 section 4)."""

    idp: str
    trustmark_provider: str
    C: list[str] = Field(description="Credentials: Cl one factor, Cl.Cm two or a passkey")
    P: list[str] = Field(description="Proofs of identity: GPG 45 confidence, low and medium, or none")


class GatewayCouncil(BaseModel):
    """Where a council's traffic goes."""

    slug: str
    status: Status
    region: str


class Refusal(BaseModel):
    """A credential that the gateway refuses, by the claim in which its id stands; null is any of them.

    With `issued_before` only tokens whose `iat` is not later.
    """

    id: str
    claim: Claim | None = None
    expires_at: datetime
    issued_before: datetime | None = None


class Snapshot(BaseModel):
    """All that the gateway needs to know of councils and credentials."""

    councils: list[GatewayCouncil]
    revoked: list[Refusal]
