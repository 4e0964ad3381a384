"""The API models of upstreams."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, SecretStr, StringConstraints, model_validator

from chassis.ids import Id
from chassis.types import Name
from identity.shared.rules import uris
from identity.shared.schemas import RequestBody
from identity.upstreams.rules import registration as rules

Kind = Literal["onelogin", "oidc"]
Audience = Literal["residents", "staff"]
Authentication = Literal["private_key_jwt", "client_secret"]
Provisioning = Literal["scim", "jit"]
Level = Literal["P1", "P2"]
_PRINTABLE = r"^[\x21-\x7e]+$"
Issuer = Annotated[str, StringConstraints(min_length=1, max_length=uris.MAX_LENGTH)]
ClientId = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_PRINTABLE)]
Secret = Annotated[SecretStr, Field(min_length=8, max_length=500)]
ClaimName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.:/-]{0,99}$", max_length=100)]
ScopeToken = Annotated[
    str, StringConstraints(min_length=1, max_length=100, pattern=r"^[\x21\x23-\x5b\x5d-\x7e]+$")
]
Acr = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[\x20-\x7e]+$")]
Hours = Annotated[int, Field(ge=1, le=rules.MAX_HOURS)]
_NULLABLE = frozenset({"acr_values", "groups_claim", "identity_level"})


def _distinct(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


Scopes = Annotated[list[ScopeToken], Field(min_length=1, max_length=20), AfterValidator(_distinct)]


class NewUpstream(RequestBody):
    """An OpenID provider to be registered: GOV.UK One Login, or the council's own."""

    kind: Kind = Field(description="onelogin: GOV.UK One Login; oidc: any other, such as Microsoft Entra ID")
    audience: Audience = Field(
        description="Who signs in with it. Audience, kind, issuer and tenant never change"
    )
    title: Name = Field(description="The name on the button", examples=["GOV.UK One Login"])
    title_cy: Name = Field(description="In Welsh", examples=["GOV.UK One Login"])
    issuer: Issuer = Field(
        description="The issuer, exactly as in its discovery document",
        examples=["https://oidc.account.gov.uk/"],
    )
    client_id: ClientId = Field(description="Our client id at the provider")
    client_secret: Secret | None = Field(
        default=None,
        description="Never shown again. Leave it out to use a key of ours (private_key_jwt): see jwks_uri",
    )
    tenant: Annotated[str, StringConstraints(max_length=36)] | None = Field(
        default=None, description="Entra ID: your directory's id, which must be in every token (tid)"
    )
    subject_claim: ClaimName | None = Field(
        default=None,
        description="The claim that identifies a person for good; by default oid with a tenant, else sub",
    )
    groups_claim: ClaimName | None = Field(default=None, description="For staff: the claim with their groups")
    provisioning: Provisioning = Field(
        default="scim",
        description="For staff: your directory adds them by SCIM (scim), or each is added at sign-in (jit)",
    )
    session_hours: Hours = Field(
        default=rules.SESSION_HOURS,
        description="With provisioning jit: hours for which roles count after each sign-in",
    )
    scopes: Scopes | None = Field(
        default=None, description="The scopes we request; leave it out for those of the kind"
    )
    acr_values: Acr | None = Field(default=None, description="Sent as it is, for a provider that needs it")
    identity_level: Level | None = Field(
        default=None, description="onelogin: the level of identity that services can ask for"
    )
    enabled: bool = Field(default=True, description="False: no button, and nobody can sign in there")


class UpstreamChange(RequestBody):
    """A change of an upstream. A member you leave out stays as it is."""

    title: Name | None = None
    title_cy: Name | None = None
    client_id: ClientId | None = None
    client_secret: Secret | None = Field(
        default=None, description="Replaces the secret or keys used until now"
    )
    authentication: Literal["private_key_jwt"] | None = Field(
        default=None, description="Use our key from now on; make one first. The secret is deleted"
    )
    groups_claim: ClaimName | None = None
    provisioning: Provisioning | None = None
    session_hours: Hours | None = None
    scopes: Scopes | None = None
    acr_values: Acr | None = None
    identity_level: Level | None = None
    enabled: bool | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("give at least one member to change")
        for name in sorted(self.model_fields_set - _NULLABLE):
            if getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null; leave it out to keep it")
        if self.client_secret is not None and self.authentication is not None:
            raise ValueError("give client_secret or authentication, not both")
        return self


class UpstreamKey(BaseModel):
    """A key of ours, published at jwks_uri."""

    kid: str
    signs_from: datetime
    published_until: datetime | None = Field(description="null: until another key is made")


class Upstream(BaseModel):
    """An upstream. Its secret is not shown."""

    id: Id
    kind: Kind
    audience: Audience
    title: str
    title_cy: str
    issuer: str
    client_id: str
    authentication: Authentication
    tenant: str | None
    subject_claim: str
    groups_claim: str | None
    provisioning: Provisioning
    session_hours: int
    scopes: list[str]
    acr_values: str | None
    identity_level: Level | None
    did_url: str | None = Field(description="The DID document with the keys of its statements of identity")
    enabled: bool
    redirect_uri: str = Field(description="Register exactly this at the provider")
    jwks_uri: str = Field(description="Register it at the provider, for private_key_jwt")
    backchannel_logout_uri: str = Field(
        description="Register it at the provider, if it supports back-channel logout"
    )
    keys: list[UpstreamKey]
    version: int = Field(description="Rises with every change; also the ETag")
    created_by: str
    created_at: datetime
    updated_by: str
    updated_at: datetime


class NewUpstreamKey(RequestBody):
    """Another key of ours."""

    lead_hours: int = Field(
        default=24,
        ge=0,
        le=168,
        description="Hours it is published before it signs; 0 withdraws the other keys, if one has leaked",
    )


class UpstreamKeyMade(BaseModel):
    """A new key of ours."""

    id: Id
    kid: str
    signs_from: datetime
    jwks_uri: str


class UpstreamFinding(BaseModel):
    """The result of one check."""

    item: Literal["discovery", "jwks", "did", "key"]
    url: str
    right: bool
    message: str = Field(description="What was found, or what is wrong and what to do")


class UpstreamCheck(BaseModel):
    """The results of checking a provider."""

    right: bool
    findings: list[UpstreamFinding]
    checked_at: datetime


class UpstreamEvent(BaseModel):
    """An entry in the record of an upstream."""

    id: Id
    act: Literal["registered", "changed", "keys-made", "secret-set", "removed"]
    actor: str = Field(description="The subject of the credential that made the change")
    changes: dict[str, Any] = Field(description="Each member that changed: before and after")
    at: datetime
