"""The models of upstreams: where a council lets people sign in besides here."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, SecretStr, StringConstraints, model_validator

from chassis.ids import Id
from chassis.types import Name
from identity.shared.rules import uris
from identity.shared.schemas import Request
from identity.upstreams.rules import registration as rules

Kind = Literal["onelogin", "oidc"]
Audience = Literal["residents", "staff"]
Authentication = Literal["private_key_jwt", "client_secret"]
Provisioning = Literal["scim", "jit"]
Level = Literal["P1", "P2"]
_PRINTABLE = r"^[\x21-\x7e]+$"
Issuer = Annotated[str, StringConstraints(min_length=1, max_length=uris.MOST)]
ClientId = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_PRINTABLE)]
Secret = Annotated[SecretStr, Field(min_length=8, max_length=500)]
ClaimName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.:/-]{0,99}$", max_length=100)]
ScopeToken = Annotated[
    str, StringConstraints(min_length=1, max_length=100, pattern=r"^[\x21\x23-\x5b\x5d-\x7e]+$")
]
Acr = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[\x20-\x7e]+$")]
Hours = Annotated[int, Field(ge=1, le=rules.MOST_HOURS)]
_NULLABLE = frozenset({"acr_values", "groups_claim", "identity_level"})


def _distinct(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


Scopes = Annotated[list[ScopeToken], Field(min_length=1, max_length=20), AfterValidator(_distinct)]


class NewUpstream(Request):
    """An OpenID provider to be registered: GOV.UK One Login, or the council's own."""

    kind: Kind = Field(description="onelogin: GOV.UK One Login; oidc: any other, as Microsoft Entra ID")
    audience: Audience = Field(description="Whom it is for. It, kind, issuer, tenant never change")
    title: Name = Field(description="On the button", examples=["GOV.UK One Login"])
    title_cy: Name = Field(description="In Welsh", examples=["GOV.UK One Login"])
    issuer: Issuer = Field(
        description="Character by character as its discovery document says",
        examples=["https://oidc.account.gov.uk/"],
    )
    client_id: ClientId = Field(description="As the provider calls us")
    client_secret: Secret | None = Field(
        default=None,
        description="Never shown again. Without it we show a key of ours (private_key_jwt): see jwks_uri",
    )
    tenant: Annotated[str, StringConstraints(max_length=36)] | None = Field(
        default=None, description="Entra ID: the directory's id, which every sign-in must name (tid)"
    )
    subject_claim: ClaimName | None = Field(
        default=None, description="The claim that is a person's for good; oid with a tenant, else sub"
    )
    groups_claim: ClaimName | None = Field(default=None, description="Staff: the claim with their groups")
    provisioning: Provisioning = Field(
        default="scim",
        description="For staff: your directory adds them by SCIM (scim), or each is added at sign-in (jit)",
    )
    session_hours: Hours = Field(
        default=rules.SESSION_HOURS,
        description="With provisioning jit: hours for which roles count after each sign-in",
    )
    scopes: Scopes | None = Field(default=None, description="What we ask for; by kind if left out")
    acr_values: Acr | None = Field(default=None, description="Sent as it is, where the provider wants it")
    identity_level: Level | None = Field(
        default=None, description="onelogin: the proof of identity a person can be asked for"
    )
    enabled: bool = Field(default=True, description="False: no button, and nobody signs in there")


class UpstreamChange(Request):
    """What may change of an upstream. A member left out stays as it is."""

    title: Name | None = None
    title_cy: Name | None = None
    client_id: ClientId | None = None
    client_secret: Secret | None = Field(default=None, description="In place of the secret or keys until now")
    authentication: Literal["private_key_jwt"] | None = Field(
        default=None, description="Show our key from now on; make one first. The secret goes"
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
    """A key of ours, as the provider finds it at jwks_uri."""

    kid: str
    signs_from: datetime
    published_until: datetime | None = Field(description="null: until another one is made")


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
    did_url: str | None = Field(description="Where the keys of its statements of identity are")
    enabled: bool
    redirect_uri: str = Field(description="Register it at the provider, exactly so")
    jwks_uri: str = Field(description="Register it at the provider, for private_key_jwt")
    backchannel_logout_uri: str = Field(
        description="Register it at the provider, if it can say when people sign out there"
    )
    keys: list[UpstreamKey]
    version: int = Field(description="Rises with every change; also the ETag")
    created_by: str
    created_at: datetime
    updated_by: str
    updated_at: datetime


class NewUpstreamKey(Request):
    """Another key of ours."""

    lead_hours: int = Field(
        default=24,
        ge=0,
        le=168,
        description="Published so long before it signs; 0 withdraws the keys until now: one has leaked",
    )


class UpstreamKeyMade(BaseModel):
    """A new key of ours."""

    id: Id
    kid: str
    signs_from: datetime
    jwks_uri: str


class UpstreamFinding(BaseModel):
    """What came of one look."""

    item: Literal["discovery", "jwks", "did", "key"]
    url: str
    right: bool
    message: str = Field(description="What is there, or what is wrong and what to do")


class UpstreamCheck(BaseModel):
    """A provider as it was just found."""

    right: bool
    findings: list[UpstreamFinding]
    checked_at: datetime


class UpstreamEvent(BaseModel):
    """Something that was done to an upstream."""

    id: Id
    act: Literal["registered", "changed", "keys-made", "secret-set", "removed"]
    actor: str = Field(description="The subject of the credential that did it")
    changes: dict[str, Any] = Field(description="Member: before and after")
    at: datetime
