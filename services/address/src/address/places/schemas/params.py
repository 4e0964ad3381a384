"""The parameters of the seven OS Places operations."""

from typing import Annotated, Any, Literal, Self

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError

from address.places.rules import filters, geometry, postcode_search
from address.shared.projections import Point
from chassis.problems import FieldError, Problem

MAX_QUERY = 16_384  # bytes of a query string
Systems = Literal["BNG", "EPSG:27700", "WGS84", "EPSG:4326", "EPSG:3857", "EPSG:4258"]
_POINT = (
    "`easting,northing` in BNG, EPSG:27700 and EPSG:3857;"
    " `latitude,longitude` in WGS84, EPSG:4326 and EPSG:4258"
)
_BOX_TEXT = "The south-west and the north-east corner; each "


def _normalise_list(value: object) -> object:
    """Normalise ``en, cy`` to ``EN,CY``."""
    return value.upper().replace(" ", "") if isinstance(value, str) else value


def _filters(value: list[str]) -> list[str]:
    filters.parse_filters(value)
    return value


def invalid_param(name: str, error: ValueError) -> Problem:
    """Return the 400 for a parameter that is invalid beside another, or for a body."""
    fault = FieldError(field=f"query.{name}", message=str(error), code="value_error")
    return Problem(400, "invalid-request", str(error), errors=[fault])


class Options(BaseModel):
    """The parameters of every operation.

    ``read`` parses them, not FastAPI, which takes longer for eight of them than the look-up.
    """

    format: Annotated[
        Literal["JSON", "XML"],
        BeforeValidator(_normalise_list),
        Field(description="Without it, the answer is XML if that is all you accept"),
    ] = "JSON"
    dataset: Annotated[Literal["DPA", "LPI", "DPA,LPI", "LPI,DPA"], BeforeValidator(_normalise_list)] = "DPA"
    lr: Annotated[Literal["EN", "CY", "EN,CY", "CY,EN"], BeforeValidator(_normalise_list)] = "EN,CY"
    output_srs: Annotated[
        Systems,
        BeforeValidator(_normalise_list),
        Field(
            description="WGS84, EPSG:4326 and EPSG:4258 add LNG and LAT in degrees. In EPSG:3857,"
            " X_COORDINATE and Y_COORDINATE are metres of web maps; in all others, of the National Grid"
        ),
    ] = "EPSG:27700"
    fq: Annotated[list[Annotated[str, Field(max_length=500)]], AfterValidator(_filters)] = Field(
        default=[],
        max_length=10,
        description="CLASSIFICATION_CODE (with *), LOGICAL_STATUS_CODE, LPI_LOGICAL_STATUS_CODE,"
        " LOCAL_CUSTODIAN_CODE or COUNTRY_CODE, a colon and a code; several codes with spaces between",
        examples=[["CLASSIFICATION_CODE:RD*", "LOGICAL_STATUS_CODE:1"]],
    )

    @classmethod
    def read(cls, request: Request) -> Self:
        """Read the parameters of the request. Raise RequestValidationError, as FastAPI does."""
        query_string = request.scope["query_string"]
        if len(query_string) > MAX_QUERY:
            longest = (
                max(query_string.split(b"&"), key=len).partition(b"=")[0][:40].decode("ascii", "replace")
            )
            raise invalid_param(longest, ValueError(f"the query string may have {MAX_QUERY} bytes at most"))
        query = request.query_params
        params: dict[str, Any] = dict(query)
        if "fq" in params:
            params["fq"] = query.getlist("fq")
        if "format" not in params and wants_xml(request):
            params["format"] = "XML"
        try:
            return cls.model_validate(params)
        except ValidationError as error:
            faults = error.errors(include_url=False, include_context=False, include_input=False)
            raise RequestValidationError(
                [{**fault, "loc": ("query", *fault["loc"])} for fault in faults]
            ) from None

    @classmethod
    def documented(cls) -> dict[str, Any]:
        """Return the parameters for the OpenAPI document: ``openapi_extra`` of a route."""
        schema = cls.model_json_schema()
        needed = schema.get("required", [])
        return {
            "parameters": [
                {"name": name, "in": "query", "required": name in needed, "schema": field}
                for name, field in schema["properties"].items()
            ]
        }


def wants_xml(request: Request) -> bool:
    """Return whether the client asks for XML, by ``format`` or by accepting nothing else."""
    if len(request.scope["query_string"]) <= MAX_QUERY and "format" in request.query_params:
        return request.query_params["format"].strip().upper() == "XML"
    accepted = {part.partition(";")[0].strip() for part in request.headers.get("accept", "").split(",")}
    return accepted <= {"application/xml", "text/xml"}


class PagedOptions(Options):
    """The parameters of an operation with pages."""

    maxresults: int = Field(default=100, ge=1, le=100)
    offset: int = Field(default=0, ge=0, le=10_000_000)


class PostcodeOptions(PagedOptions):
    """A postcode, or the beginning of one: the area and one digit of the district at least."""

    # A longer text gets the contract's own error, like any other text that is not a postcode.
    postcode: str = Field(examples=["BA1 1LJ"], json_schema_extra={"maxLength": postcode_search.MAX_LENGTH})


class UprnOptions(Options):
    """A Unique Property Reference Number."""

    uprn: int = Field(ge=1, le=999_999_999_999, examples=[907900112339])


class FindOptions(PagedOptions):
    """Free text."""

    query: str = Field(min_length=1, max_length=500, examples=["97 York Street, Bath"])
    minmatch: float | None = Field(default=None, ge=0.1, le=1)
    matchprecision: int | None = Field(default=None, ge=1, le=10)
    bbox: str | None = Field(
        default=None, max_length=200, description="west,south,east,north in metres of the National Grid"
    )


class _WithSystem(BaseModel):
    """The coordinate system of the request."""

    srs: Annotated[Systems, BeforeValidator(_normalise_list)] = "EPSG:27700"


class _WithPoint(_WithSystem):
    """A point and a radius."""

    point: str = Field(max_length=100, description=_POINT, examples=["375000,165000"])
    radius: float = Field(default=100, ge=0.01, le=1000, description="Metres")

    def centre(self) -> Point:
        """Parse the point to the National Grid. Raise the contract's 400."""
        try:
            return geometry.parse_point(self.point, self.srs)
        except ValueError as error:
            raise invalid_param("point", error) from None


class NearestOptions(Options, _WithPoint):
    """The address nearest to a point."""


class RadiusOptions(PagedOptions, _WithPoint):
    """The addresses round a point."""


class BboxOptions(PagedOptions, _WithSystem):
    """The addresses in a box."""

    bbox: str = Field(
        max_length=200,
        description=f"{_BOX_TEXT}{_POINT}. One square kilometre at most",
        examples=["374500,164500,375500,165500"],
    )

    def area(self) -> geometry.Area:
        """Parse the box to the National Grid. Raise the contract's 400."""
        try:
            return geometry.parse_box(self.bbox, self.srs, geometry.MAX_BOX)
        except ValueError as error:
            raise invalid_param("bbox", error) from None


class PolygonOptions(PagedOptions, _WithSystem):
    """The addresses in the polygon of the body."""

    referencepoint: str | None = Field(
        default=None, max_length=100, description=f"List the addresses nearest to this point first. {_POINT}"
    )

    def reference(self) -> Point | None:
        """Parse the reference point to the National Grid. Raise the contract's 400."""
        try:
            return (
                None if self.referencepoint is None else geometry.parse_point(self.referencepoint, self.srs)
            )
        except ValueError as error:
            raise invalid_param("referencepoint", error) from None

    def area(self, body: bytes) -> geometry.Area:
        """Parse the polygon to the National Grid. Raise the contract's 400."""
        try:
            return geometry.parse_polygon(body, self.srs)
        except ValueError as error:
            raise invalid_param("polygon", error) from None
