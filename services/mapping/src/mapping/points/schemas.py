"""Models of the HTTP API of property points."""

from pydantic import BaseModel, Field


class Point(BaseModel):
    """Where a property is, from the address service's events."""

    uprn: str = Field(examples=["907900112305"])
    easting: float = Field(
        description="Easting on the British National Grid, in metres", examples=[375165.22]
    )
    northing: float = Field(
        description="Northing on the British National Grid, in metres", examples=[164733.4]
    )
    sequence: int = Field(description="The version of the property that has this point")
