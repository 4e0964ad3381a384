"""The API's models."""

from pydantic import BaseModel, Field


class Point(BaseModel):
    """Where a property is, as mapping has it from address's events."""

    uprn: str = Field(examples=["907900112305"])
    easting: float = Field(description="British National Grid, metres", examples=[375165.22])
    northing: float = Field(description="British National Grid, metres", examples=[164733.4])
    sequence: int = Field(description="Version of the property this point belongs to")
