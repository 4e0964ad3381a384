"""What Open311 answers. In JSON a list is bare; in XML it has a root of its own."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field, PlainSerializer, RootModel


def _write_moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


Moment = Annotated[AwareDatetime, PlainSerializer(_write_moment, return_type=str, when_used="json")]


class ErrorView(BaseModel):
    """An error."""

    code: str = Field(description="The HTTP status", examples=["404"])
    description: str


class ErrorList(RootModel[list[ErrorView]]):
    """What is wrong."""


class Endpoint(BaseModel):
    """An endpoint of the API."""

    specification: str
    url: str
    changeset: Moment
    type: str
    formats: list[str]


class Discovery(BaseModel):
    """Where the API is, and who answers for it."""

    changeset: Moment
    contact: str
    key_service: str
    endpoints: list[Endpoint]


class ServiceView(BaseModel):
    """A kind of report that the council takes."""

    service_code: str
    service_name: str
    description: str
    metadata: bool
    type: str
    keywords: str
    group: str
    groups: list[str]


class ValueView(BaseModel):
    """A value of a list."""

    key: str
    name: str


class AttributeView(BaseModel):
    """A question of a service. ``automated``: the sender's software answers it."""

    variable: bool
    code: str
    datatype: str
    required: bool
    datatype_description: str
    order: int
    description: str
    values: list[ValueView] | None = None
    automated: str | None = None


class ServiceDefinition(BaseModel):
    """The questions of a service."""

    service_code: str
    attributes: list[AttributeView]


class ReceivedReport(BaseModel):
    """A report that was taken."""

    service_request_id: str
    service_notice: str
    account_id: str = ""


class TokenView(BaseModel):
    """The report that a token stands for. We give no tokens: a report's id is one."""

    service_request_id: str
    token: str


class ExtendedAttributes(BaseModel):
    """What `extensions=true` adds."""

    status: str = Field(description="The status among those of FixMyStreet")
    external_status_code: str = Field(description="The state, as the case type names it")


class ReportView(BaseModel):
    """What became of a report: nothing of a person."""

    service_request_id: str
    status: str = Field(description="open or closed")
    status_notes: str
    service_name: str
    service_code: str
    agency_responsible: str
    requested_datetime: Moment
    updated_datetime: Moment
    expected_datetime: Moment | None = None
    address: str | None = None
    address_id: str | None = None
    lat: float | None = None
    long: float | None = None
    extended_attributes: ExtendedAttributes | None = None


class UpdateView(BaseModel):
    """A change of a report's state."""

    update_id: str
    service_request_id: str
    status: str
    external_status_code: str
    updated_datetime: Moment
    description: str


class ReceivedUpdate(BaseModel):
    """An update that was taken."""

    update_id: str
