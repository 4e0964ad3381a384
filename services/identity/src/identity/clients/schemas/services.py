"""API models of the services that councils register to sign people in."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, model_validator

from chassis.ids import Id
from chassis.types import Name
from identity.clients.rules import registration
from identity.shared.oauth import scopes
from identity.shared.rules import uris
from identity.shared.schemas import Authentication, JsonWebKeySet, Mode, RequestBody, Scope

Profile = Literal["standard", "onelogin"]
Level = Literal["P1", "P2"]
Claim = Literal["address", "identity"]
Algorithm = Literal["ES256", "RS256"]
Application = Literal["web", "native"]
_NULLABLE = frozenset({"backchannel_logout_uri"})


def _check_person_scopes(values: list[str]) -> list[str]:
    if missing := registration.list_unknown_scopes(values):
        raise ValueError(f"no such scope: {', '.join(missing)}")
    return list(scopes.normalise(values))


def _check_machine_scopes(values: list[str]) -> list[str]:
    if missing := scopes.list_unknown(values):
        raise ValueError(f"no such scope: {', '.join(missing)}")
    return list(scopes.normalise(values))


def _sort_distinct(values: list[Any]) -> list[Any]:
    return sorted(set(values))


Uri = Annotated[str, StringConstraints(min_length=1, max_length=uris.MAX_LENGTH)]
Uris = Annotated[list[Uri], Field(max_length=uris.MAX_URIS)]
PersonScope = Literal["openid", "email", "phone", "offline_access"] | Scope
PersonScopes = Annotated[
    list[PersonScope], Field(min_length=1, max_length=50), AfterValidator(_check_person_scopes)
]
MachineScopes = Annotated[list[Scope], Field(max_length=50), AfterValidator(_check_machine_scopes)]
Levels = Annotated[list[Level], Field(max_length=2), AfterValidator(_sort_distinct)]
Claims = Annotated[list[Claim], Field(max_length=2), AfterValidator(_sort_distinct)]
Contact = Annotated[
    str, StringConstraints(max_length=254, pattern=r"^[^\s@<>\x00-\x1f\x7f]+@[^\s@<>]+\.[^\s@<>]+$")
]
Contacts = Annotated[list[Contact], Field(max_length=5, description="E-mail addresses, for notices to you")]


def _check_keys(body: "NewService | ServiceChange") -> None:
    if body.jwks is not None and body.jwks_uri is not None:
        raise ValueError("give jwks or jwks_uri, not both")


class NewService(RequestBody):
    """A service to register: with a secret, or with public keys of its own (`private_key_jwt`)."""

    name: Name = Field(examples=["Report a missed bin"])
    name_cy: Name = Field(description="In Welsh", examples=["Rhoi gwybod am fin na chafodd ei gasglu"])
    mode: Mode = Field(description="Never changes. To go live, register the service again")
    profile: Profile = Field(
        default="standard", description="onelogin is for services written for GOV.UK One Login"
    )
    redirect_uris: Annotated[Uris, Field(min_length=1)] = Field(
        description="Compared character by character", examples=[["https://bins.citytown.gov.uk/signed-in"]]
    )
    post_logout_redirect_uris: Uris = Field(default=[])
    backchannel_logout_uri: Uri | None = Field(
        default=None,
        description="Gets a logout token when a session ends. https; on a laptop also http at localhost",
    )
    scopes: PersonScopes = Field(
        default=["openid"],
        description="What it may ask people for: openid, email, phone, offline_access, scopes of APIs",
    )
    machine_scopes: MachineScopes = Field(
        default=[], description="What it may do itself, with client_credentials"
    )
    id_token_alg: Algorithm = "ES256"  # noqa: S105 - an algorithm
    identity_levels: Levels = Field(default=[], description="Levels of proven identity that it may ask for")
    claims: Claims = Field(
        default=[],
        description="What it may learn of a proven person: their identity, and their address with UPRN",
    )
    par_required: bool = Field(default=False, description="Accept pushed requests only (RFC 9126)")
    first_party: bool = Field(
        default=False,
        description="Sign people in without a consent page. Only the operator of the region may set it",
    )
    contacts: Contacts = Field(default=[])
    token_endpoint_auth_method: Literal["none"] | None = Field(
        default=None,
        description="none is for an app that can keep no secret, in a browser or on a device. Never changes",
    )
    application_type: Application = Field(
        default="web",
        description="native is for an app on a device, with a URI scheme of its own or a loopback address. "
        "Never changes",
    )
    jwks: JsonWebKeySet | None = Field(
        default=None, description="Its public keys. A service with keys has no secret"
    )
    jwks_uri: Uri | None = Field(
        default=None, description="Where it publishes its public keys. A service with keys has no secret"
    )

    @model_validator(mode="after")
    def _has_one_kind_of_keys(self) -> Self:
        _check_keys(self)
        return self


class ServiceChange(RequestBody):
    """A change of a service. A member you leave out stays as it is."""

    name: Name | None = None
    name_cy: Name | None = None
    profile: Profile | None = None
    redirect_uris: Annotated[Uris, Field(min_length=1)] | None = None
    post_logout_redirect_uris: Uris | None = None
    backchannel_logout_uri: Uri | None = Field(default=None, description="null removes it")
    scopes: PersonScopes | None = None
    machine_scopes: MachineScopes | None = None
    id_token_alg: Algorithm | None = None
    identity_levels: Levels | None = None
    claims: Claims | None = None
    par_required: bool | None = None
    first_party: bool | None = None
    contacts: Contacts | None = None
    jwks: JsonWebKeySet | None = Field(default=None, description="Replaces the keys or the secret it has now")
    jwks_uri: Uri | None = Field(default=None, description="Replaces the keys or the secret it has now")

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("give at least one member to change")
        for name in sorted(self.model_fields_set - _NULLABLE):
            if getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null; leave it out to keep it")
        _check_keys(self)
        return self


class Service(BaseModel):
    """A service that signs people in. It knows them by ids that only its council has (pairwise)."""

    client_id: Id
    name: str
    name_cy: str
    mode: Mode
    profile: Profile
    redirect_uris: list[str]
    post_logout_redirect_uris: list[str]
    backchannel_logout_uri: str | None
    scopes: list[str]
    machine_scopes: list[str]
    subject_type: Literal["pairwise"] = "pairwise"
    id_token_alg: Algorithm
    identity_levels: list[str]
    claims: list[str]
    par_required: bool
    first_party: bool
    contacts: list[str]
    authentication: Authentication
    application_type: Application
    jwks: JsonWebKeySet | None
    jwks_uri: str | None
    jwks_read_at: datetime | None = Field(description="When jwks_uri last answered")
    previous_secret_until: datetime | None = Field(description="Until then the previous secret works too")
    version: int = Field(description="Rises with every change; also the ETag")
    created_at: datetime
    updated_at: datetime


class ServiceMade(Service):
    """A new service."""

    client_secret: str | None = Field(
        default=None, description="Keep it safe: you cannot see it again. None with public keys"
    )


class NewSecret(RequestBody):
    """A new secret for a service."""

    overlap_hours: int = Field(
        default=registration.OVERLAP_HOURS,
        ge=0,
        le=registration.MAX_OVERLAP_HOURS,
        description="Hours for which the present secret still works. Send 0 if it has leaked",
    )


class SecretMade(BaseModel):
    """A service's new secret."""

    client_id: Id
    client_secret: str = Field(description="Keep it safe: you cannot see it again")
    generation: int = Field(description="The number of the secret, counted from 1")
    previous_secret_until: datetime | None
    version: int


class ServiceEvent(BaseModel):
    """A change of a service."""

    id: Id
    act: Literal["registered", "changed", "secret-made", "secret-ended", "keys-read", "retired"]
    actor: str = Field(
        description="The subject of the credential that made the change; jwks_uri: the service's server"
    )
    changes: dict[str, Any] = Field(
        description="Each member with its value before and after. Of contacts, only that they changed"
    )
    at: datetime
