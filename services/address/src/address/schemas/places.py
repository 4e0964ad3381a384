"""OS Places as its clients know it: parameters, answers, errors."""

from typing import Annotated, Any, Literal, Self

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError

from address.rules import filters, postcodes


def _listed(value: object) -> object:
    """``en, cy`` is ``EN,CY``."""
    return value.upper().replace(" ", "") if isinstance(value, str) else value


def _filters(value: list[str]) -> list[str]:
    filters.read(value)
    return value


def _box(value: str | None) -> str | None:
    read_box(value)
    return value


def read_box(value: str | None) -> tuple[float, float, float, float] | None:
    """West, south, east, north of ``bbox``. Raises ValueError when it is none on the National Grid."""
    if value is None:
        return None
    try:
        west, south, east, north = (float(part) for part in value.split(","))
    except ValueError:
        raise ValueError("must be four numbers: west,south,east,north in metres") from None
    if not (0 <= west < east <= 700_000 and 0 <= south < north <= 1_300_000):  # noqa: PLR2004 - the grid's extent
        raise ValueError("must lie on the British National Grid, west before east and south before north")
    return west, south, east, north


class Options(BaseModel):
    """What every operation takes.

    The parameters are read from the request by ``read`` and not by FastAPI, which spends more time on eight
    of them than the look-up takes.
    """

    format: Annotated[Literal["JSON"], BeforeValidator(_listed)] = "JSON"
    dataset: Annotated[Literal["DPA", "LPI", "DPA,LPI", "LPI,DPA"], BeforeValidator(_listed)] = "DPA"
    lr: Annotated[Literal["EN", "CY", "EN,CY", "CY,EN"], BeforeValidator(_listed)] = "EN,CY"
    output_srs: Annotated[Literal["BNG", "EPSG:27700"], BeforeValidator(_listed)] = "EPSG:27700"
    fq: Annotated[list[Annotated[str, Field(max_length=500)]], AfterValidator(_filters)] = Field(
        default=[],
        max_length=10,
        description="CLASSIFICATION_CODE (with *), LOGICAL_STATUS_CODE, LPI_LOGICAL_STATUS_CODE or"
        " COUNTRY_CODE, a colon and a code; several codes with spaces between",
        examples=[["CLASSIFICATION_CODE:RD*", "LOGICAL_STATUS_CODE:1"]],
    )

    @classmethod
    def read(cls, request: Request) -> Self:
        """The parameters of the request. Raises RequestValidationError, as FastAPI would."""
        query = request.query_params
        given: dict[str, Any] = dict(query)
        if "fq" in given:
            given["fq"] = query.getlist("fq")
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            faults = error.errors(include_url=False, include_context=False, include_input=False)
            raise RequestValidationError(
                [{**fault, "loc": ("query", *fault["loc"])} for fault in faults]
            ) from None

    @classmethod
    def documented(cls) -> dict[str, Any]:
        """The parameters for the OpenAPI document: ``openapi_extra`` of a route."""
        schema = cls.model_json_schema()
        needed = schema.get("required", [])
        return {
            "parameters": [
                {"name": name, "in": "query", "required": name in needed, "schema": said}
                for name, said in schema["properties"].items()
            ]
        }


class PagedOptions(Options):
    """What an operation takes whose answer comes in pages."""

    maxresults: int = Field(default=100, ge=1, le=100)
    offset: int = Field(default=0, ge=0, le=10_000_000)


class PostcodeOptions(PagedOptions):
    """A postcode, or the beginning of one: the area and one digit of the district at least."""

    # What is longer gets the contract's own error, as does all else that is no postcode.
    postcode: str = Field(examples=["BA1 1LJ"], json_schema_extra={"maxLength": postcodes.LONGEST})


class UprnOptions(Options):
    """A Unique Property Reference Number."""

    uprn: int = Field(ge=1, le=999_999_999_999, examples=[907900112339])


class FindOptions(PagedOptions):
    """Free text."""

    query: str = Field(min_length=1, max_length=500, examples=["97 York Street, Bath"])
    minmatch: float | None = Field(default=None, ge=0.1, le=1)
    matchprecision: int | None = Field(default=None, ge=1, le=10)
    bbox: Annotated[str | None, AfterValidator(_box)] = Field(default=None, max_length=100)


class Header(BaseModel):
    """About the answer. Numbers are numbers; ``uri`` is the address asked, without the key."""

    uri: str
    query: str
    offset: int
    totalresults: int
    format: str
    dataset: str
    lr: str
    maxresults: int
    matchprecision: int | None = Field(default=None, description="Only where it was asked")
    epoch: str
    lastupdate: str = Field(description="DD/MM/YYYY; empty before the first load")
    output_srs: str


class Both(BaseModel):
    """The fields both datasets have; an empty field is left out."""

    UPRN: str
    ADDRESS: str = Field(examples=["1, WHITECHAPEL HIGH STREET, LONDON, E1 8QS"])
    RPC: str | None = None
    X_COORDINATE: float
    Y_COORDINATE: float
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
    BLPU_STATE_DATE: str | None = None
    LANGUAGE: str
    MATCH: float
    MATCH_DESCRIPTION: str = Field(examples=["EXACT"])


class Dpa(Both):
    """An address as post is sent to it."""

    ORGANISATION_NAME: str | None = None
    SUB_BUILDING_NAME: str | None = None
    BUILDING_NAME: str | None = None
    BUILDING_NUMBER: str | None = None
    THOROUGHFARE_NAME: str
    DEPENDENT_LOCALITY: str | None = None
    POST_TOWN: str | None = None
    POSTCODE: str


class Lpi(Both):
    """An address as the council's gazetteer has it."""

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
    """The body of every error below this address."""

    error: ErrorDetail


def error_body(status: int, message: str) -> dict[str, Any]:
    return {"error": {"statuscode": status, "message": message}}
