"""What MapIt answers."""

from pydantic import BaseModel, Field

Codes = dict[str, str]


class AreaView(BaseModel):
    """An area."""

    id: int = Field(description="Stable for ever, also when councils merge")
    name: str
    parent_area: int | None
    type: str = Field(examples=["UTW"])
    type_name: str
    country: str = Field(description="E, W, S, N, or empty")
    country_name: str
    generation_low: int
    generation_high: int
    codes: Codes = Field(description="gss, ons, unit_id")
    all_names: dict[str, list[str]]


class GeometryView(BaseModel):
    """The measures of an area: metres of the National Grid, and degrees."""

    parts: int
    srid_en: int
    area: float
    min_e: float
    min_n: float
    max_e: float
    max_n: float
    centre_e: float
    centre_n: float
    min_lon: float
    min_lat: float
    max_lon: float
    max_lat: float
    centre_lon: float
    centre_lat: float


class DistrictView(BaseModel):
    """Where a postcode, or the middle of a postcode district, is."""

    postcode: str
    wgs84_lon: float | None = None
    wgs84_lat: float | None = None
    coordsyst: str | None = None
    easting: int | None = None
    northing: int | None = None


class PostcodeView(DistrictView):
    """A postcode and its areas."""

    areas: dict[str, AreaView]
    shortcuts: dict[str, int | dict[str, int | None] | None] = {}


class NearView(DistrictView):
    """A postcode and how many metres away it is."""

    distance: int


class NearestView(BaseModel):
    """The postcode nearest to a point."""

    postcode: NearView


class GenerationView(BaseModel):
    """A day from which boundaries hold."""

    id: int
    active: bool
    created: str
    description: str


class ErrorView(BaseModel):
    """An error."""

    error: str
    code: int
