"""What OS Places' clients ask: the parameters of its seven operations."""

from typing import Annotated, Any, Literal, Self

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError

from address.places.rules import filters, geometry, postcode_search
from address.shared.projections import Point
from chassis.problems import FieldError, Problem

LONGEST_QUERY = 16_384  # bytes of a query string
Systems = Literal["BNG", "EPSG:27700", "WGS84", "EPSG:4326", "EPSG:3857", "EPSG:4258"]
_POINT = (
    "`easting,northing` in BNG, EPSG:27700 and EPSG:3857;"
    " `latitude,longitude` in WGS84, EPSG:4326 and EPSG:4258"
)
_BOX_TEXT = "The corners in the south-west and in the north-east; each "


def _listed(value: object) -> object:
    """``en, cy`` is ``EN,CY``."""
    return value.upper().replace(" ", "") if isinstance(value, str) else value


def _filters(value: list[str]) -> list[str]:
    filters.read(value)
    return value


def unusable(name: str, error: ValueError) -> Problem:
    """The 400 for a parameter that is wrong together with another, or for a body."""
    fault = FieldError(field=f"query.{name}", message=str(error), code="value_error")
    return Problem(400, "invalid-request", str(error), errors=[fault])


class Options(BaseModel):
    """What every operation takes.

    The parameters are read from the request by ``read`` and not by FastAPI, which spends more time on eight
    of them than the look-up takes.
    """

    format: Annotated[
        Literal["JSON", "XML"],
        BeforeValidator(_listed),
        Field(description="In its absence XML is answered to those who accept nothing else"),
    ] = "JSON"
    dataset: Annotated[Literal["DPA", "LPI", "DPA,LPI", "LPI,DPA"], BeforeValidator(_listed)] = "DPA"
    lr: Annotated[Literal["EN", "CY", "EN,CY", "CY,EN"], BeforeValidator(_listed)] = "EN,CY"
    output_srs: Annotated[
        Systems,
        BeforeValidator(_listed),
        Field(
            description="WGS84, EPSG:4326 and EPSG:4258 add LNG and LAT in degrees; in EPSG:3857"
            " X_COORDINATE and Y_COORDINATE are the metres of web maps, in all others of the National Grid"
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
        """The parameters of the request. Raises RequestValidationError, as FastAPI would."""
        sent = request.scope["query_string"]
        if len(sent) > LONGEST_QUERY:
            longest = max(sent.split(b"&"), key=len).partition(b"=")[0][:40].decode("ascii", "replace")
            raise unusable(longest, ValueError(f"the query string may have {LONGEST_QUERY} bytes at most"))
        query = request.query_params
        given: dict[str, Any] = dict(query)
        if "fq" in given:
            given["fq"] = query.getlist("fq")
        if "format" not in given and wants_xml(request):
            given["format"] = "XML"
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


def wants_xml(request: Request) -> bool:
    """Whether the client asks for XML, by ``format`` or by accepting nothing else."""
    if len(request.scope["query_string"]) <= LONGEST_QUERY and "format" in request.query_params:
        return request.query_params["format"].strip().upper() == "XML"
    accepted = {part.partition(";")[0].strip() for part in request.headers.get("accept", "").split(",")}
    return accepted <= {"application/xml", "text/xml"}


class PagedOptions(Options):
    """What an operation takes whose answer comes in pages."""

    maxresults: int = Field(default=100, ge=1, le=100)
    offset: int = Field(default=0, ge=0, le=10_000_000)


class PostcodeOptions(PagedOptions):
    """A postcode, or the beginning of one: the area and one digit of the district at least."""

    # What is longer gets the contract's own error, as does all else that is no postcode.
    postcode: str = Field(examples=["BA1 1LJ"], json_schema_extra={"maxLength": postcode_search.LONGEST})


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


class _Located(BaseModel):
    """The coordinate system of what is asked."""

    srs: Annotated[Systems, BeforeValidator(_listed)] = "EPSG:27700"


class _Point(_Located):
    """A point and how far from it to look."""

    point: str = Field(max_length=100, description=_POINT, examples=["375000,165000"])
    radius: float = Field(default=100, ge=0.01, le=1000, description="Metres")

    def centre(self) -> Point:
        """The point on the National Grid. Raises the contract's 400."""
        try:
            return geometry.read_point(self.point, self.srs)
        except ValueError as error:
            raise unusable("point", error) from None


class NearestOptions(Options, _Point):
    """The address nearest to a point."""


class RadiusOptions(PagedOptions, _Point):
    """The addresses round a point."""


class BboxOptions(PagedOptions, _Located):
    """The addresses in a box."""

    bbox: str = Field(
        max_length=200,
        description=f"{_BOX_TEXT}{_POINT}. One square kilometre at most",
        examples=["374500,164500,375500,165500"],
    )

    def area(self) -> geometry.Area:
        """The box on the National Grid. Raises the contract's 400."""
        try:
            return geometry.read_box(self.bbox, self.srs, geometry.LARGEST_BOX)
        except ValueError as error:
            raise unusable("bbox", error) from None


class PolygonOptions(PagedOptions, _Located):
    """The addresses in the polygon of the body."""

    referencepoint: str | None = Field(
        default=None, max_length=100, description=f"The addresses nearest to it come first. {_POINT}"
    )

    def reference(self) -> Point | None:
        """The reference point on the National Grid. Raises the contract's 400."""
        try:
            return None if self.referencepoint is None else geometry.read_point(self.referencepoint, self.srs)
        except ValueError as error:
            raise unusable("referencepoint", error) from None

    def area(self, body: bytes) -> geometry.Area:
        """The polygon on the National Grid. Raises the contract's 400."""
        try:
            return geometry.read_polygon(body, self.srs)
        except ValueError as error:
            raise unusable("polygon", error) from None
