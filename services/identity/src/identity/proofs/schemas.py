"""The API models of proofs of identity."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, model_validator

from chassis import clock
from chassis.ids import Id
from chassis.types import Name, Postcode, Uprn, reject_control_characters
from identity.proofs import rules
from identity.shared.schemas import RequestBody

Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
    AfterValidator(reject_control_characters),
]


def _check_kind(value: str) -> str:
    if value not in rules.EVIDENCE_KINDS:
        raise ValueError(f"must be one of {', '.join(rules.EVIDENCE_KINDS)}")
    return value


class EvidenceSeen(RequestBody):
    """A document you looked at. Its number is not asked for and not kept."""

    kind: Annotated[str, StringConstraints(max_length=40), AfterValidator(_check_kind)] = Field(
        examples=["driving-licence"]
    )
    checks: list[rules.Check] = Field(min_length=1, max_length=4)


class PostalAddress(RequestBody):
    """An address of the person, with its UPRN in the address service if known."""

    uprn: Uprn | None = None
    sub_building_name: Line | None = None
    building_name: Line | None = None
    building_number: Line | None = None
    street_name: Line | None = None
    locality: Line | None = None
    town: Line
    postcode: Postcode
    valid_from: date | None = None

    def claim(self) -> dict[str, Any]:
        """Name the members as the address claim does (vocab.account.gov.uk)."""
        members = {
            "uprn": self.uprn,
            "subBuildingName": self.sub_building_name,
            "buildingName": self.building_name,
            "buildingNumber": self.building_number,
            "streetName": self.street_name,
            "dependentAddressLocality": self.locality,
            "addressLocality": self.town,
            "postalCode": self.postcode,
            "addressCountry": "GB",
            "validFrom": self.valid_from.isoformat() if self.valid_from else None,
        }
        return {name: value for name, value in members.items() if value is not None}


class NewProof(RequestBody):
    """What a member of staff saw, with the person in front of them."""

    desk_code: Annotated[str, StringConstraints(min_length=1, max_length=20)] = Field(
        description="The person shows it to you from their account", examples=["4k7t-9wqd"]
    )
    level: Literal["P1", "P2"]
    evidence: list[EvidenceSeen] = Field(min_length=1, max_length=6)
    given_names: list[Name] = Field(min_length=1, max_length=6)
    family_name: Name
    birth_date: date
    addresses: list[PostalAddress] = Field(default=[], max_length=3)

    @model_validator(mode="after")
    def _born(self) -> Self:
        if not date(1890, 1, 1) <= self.birth_date <= clock.today():
            raise ValueError("birth_date must be a day in the past")
        return self


class ProofRecord(BaseModel):
    """A proof, without personal data."""

    id: Id
    level: Literal["P0", "P1", "P2"]
    route: Literal["in-person", "upstream"]
    status: Literal["waiting", "holds", "withdrawn"] = Field(
        description="waiting: a second member of staff must confirm it"
    )
    evidence: list[dict[str, Any]]
    proved_by: str
    proved_at: datetime
    looked_by: str | None = None
    expires_at: datetime


class ProofSeen(ProofRecord):
    """A proof with what it proved. Reading it is recorded."""

    given_names: list[str] | None = Field(
        default=None, description="Null once erased, as are all members below"
    )
    family_name: str | None = None
    birth_date: date | None = None
    addresses: list[dict[str, Any]] | None = None


class OwnProof(BaseModel):
    """What the person sees of their own proof."""

    level: Literal["P0", "P1", "P2"]
    route: Literal["in-person", "upstream"] | None = None
    proved_at: datetime | None = None
    expires_at: datetime | None = None


class DeskCode(BaseModel):
    """A code to show at a council's desk."""

    code: str = Field(description="It works once, for a quarter of an hour")
    expires_at: datetime


class Access(BaseModel):
    """An access to a proof: who did what with it, and when."""

    id: Id
    act: Literal["recorded", "read", "confirmed", "refused", "withdrawn", "erased"]
    actor: str
    at: datetime
