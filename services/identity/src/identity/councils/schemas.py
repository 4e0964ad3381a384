"""API models of councils, and of the gateway's snapshot."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, model_validator

from chassis.types import Gss, Name, Slug
from identity.councils import rules
from identity.shared.rules.tokens import Claim
from identity.shared.schemas import RequestBody

Status = Literal["active", "suspended"]


def _check_slug(value: str) -> str:
    if fault := rules.find_slug_fault(value):
        raise ValueError(fault)
    return value


def _check_gss(value: str) -> str:
    if fault := rules.find_gss_fault(value):
        raise ValueError(fault)
    return value


class NewCouncil(RequestBody):
    """A council to create."""

    slug: Annotated[Slug, AfterValidator(_check_slug)] = Field(
        description="First part of every path; never changes", examples=["citytown"]
    )
    name: Name = Field(examples=["City & Town Council"])
    gss: Annotated[Gss, AfterValidator(_check_gss)] = Field(examples=["E06000022"])


class CouncilChange(RequestBody):
    """A change of a council. A member you leave out stays as it is."""

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


class GatewayCouncil(BaseModel):
    """A council as the gateway needs it."""

    slug: str
    status: Status
    region: str


class Refusal(BaseModel):
    """A credential that the gateway refuses. `claim` is where its id stands in a token; null is any claim.

    With `issued_before` only tokens whose `iat` is not later are refused.
    """

    id: str
    claim: Claim | None = None
    expires_at: datetime
    issued_before: datetime | None = None


class Snapshot(BaseModel):
    """What the gateway needs to know: councils, and revoked credentials."""

    councils: list[GatewayCouncil]
    revoked: list[Refusal]
