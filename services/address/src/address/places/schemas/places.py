"""The models of OS Places answers and errors."""

from typing import Any

from pydantic import BaseModel, Field


class Header(BaseModel):
    """About the answer. ``uri`` is the address of the request, without the key."""

    uri: str
    query: str
    offset: int
    totalresults: int
    format: str
    dataset: str
    lr: str
    maxresults: int
    matchprecision: int | None = Field(default=None, description="Only if you sent it")
    epoch: str
    lastupdate: str = Field(description="DD/MM/YYYY; empty before the first load")
    output_srs: str


class Both(BaseModel):
    """The fields of both datasets. An empty field is left out."""

    UPRN: str
    ADDRESS: str = Field(examples=["1, WHITECHAPEL HIGH STREET, LONDON, E1 8QS"])
    RPC: str | None = None
    X_COORDINATE: float
    Y_COORDINATE: float
    LNG: float | None = Field(default=None, description="Longitude, if you asked for degrees")
    LAT: float | None = Field(default=None, description="Latitude, if you asked for degrees")
    STATUS: str
    LOGICAL_STATUS_CODE: str
    CLASSIFICATION_CODE: str
    CLASSIFICATION_CODE_DESCRIPTION: str | None = None
    LOCAL_CUSTODIAN_CODE: int | None = None
    LOCAL_CUSTODIAN_CODE_DESCRIPTION: str | None = None
    COUNTRY_CODE: str | None = None
    COUNTRY_CODE_DESCRIPTION: str | None = None
    POSTAL_ADDRESS_CODE: str
    POSTAL_ADDRESS_CODE_DESCRIPTION: str
    BLPU_STATE_CODE: str | None = None
    BLPU_STATE_CODE_DESCRIPTION: str
    WARD_CODE: str | None = None
    PARISH_CODE: str | None = None
    PARENT_UPRN: str | None = None
    LAST_UPDATE_DATE: str = Field(pattern=r"^\d\d/\d\d/\d{4}$")
    ENTRY_DATE: str = Field(pattern=r"^\d\d/\d\d/\d{4}$")
    LEGAL_NAME: str | None = None
    BLPU_STATE_DATE: str | None = None
    LANGUAGE: str
    MATCH: float
    MATCH_DESCRIPTION: str = Field(examples=["EXACT"])


class Dpa(Both):
    """A postal address."""

    UDPRN: str | None = Field(
        default=None, description="The number of Royal Mail's delivery point, if there is one"
    )
    PO_BOX_NUMBER: str | None = None
    DEPARTMENT_NAME: str | None = None
    DEPENDENT_THOROUGHFARE_NAME: str | None = None
    DOUBLE_DEPENDENT_LOCALITY: str | None = None
    DELIVERY_POINT_SUFFIX: str | None = None
    ORGANISATION_NAME: str | None = None
    SUB_BUILDING_NAME: str | None = None
    BUILDING_NAME: str | None = None
    BUILDING_NUMBER: str | None = None
    THOROUGHFARE_NAME: str | None = None
    DEPENDENT_LOCALITY: str | None = None
    POST_TOWN: str | None = None
    POSTCODE: str


class Lpi(Both):
    """An address of the council's gazetteer."""

    USRN: str
    LPI_KEY: str
    ORGANISATION: str | None = None
    SAO_START_NUMBER: str | None = None
    SAO_START_SUFFIX: str | None = None
    SAO_END_NUMBER: str | None = None
    SAO_END_SUFFIX: str | None = None
    SAO_TEXT: str | None = None
    PAO_START_NUMBER: str | None = None
    PAO_START_SUFFIX: str | None = None
    PAO_END_NUMBER: str | None = None
    PAO_END_SUFFIX: str | None = None
    PAO_TEXT: str | None = None
    STREET_DESCRIPTION: str
    LOCALITY_NAME: str | None = None
    TOWN_NAME: str | None = None
    ADMINISTRATIVE_AREA: str | None = None
    AREA_NAME: str | None = None
    POSTCODE_LOCATOR: str
    STREET_STATE_CODE: str | None = None
    STREET_STATE_CODE_DESCRIPTION: str | None = None
    STREET_CLASSIFICATION_CODE: str | None = None
    STREET_CLASSIFICATION_CODE_DESCRIPTION: str | None = None
    LPI_LOGICAL_STATUS_CODE: str
    LPI_LOGICAL_STATUS_CODE_DESCRIPTION: str


class Result(BaseModel):
    """One address, of one dataset."""

    DPA: Dpa | None = None
    LPI: Lpi | None = None


class Answer(BaseModel):
    """The answer of every operation. ``results`` is absent when nothing was found."""

    header: Header
    results: list[Result] | None = Field(default=None, max_length=100)


class ErrorDetail(BaseModel):
    """What was wrong."""

    statuscode: int = Field(examples=[400])
    message: str


class PlacesError(BaseModel):
    """The body of every error under this path."""

    error: ErrorDetail


def error_body(status: int, message: str) -> dict[str, Any]:
    return {"error": {"statuscode": status, "message": message}}
