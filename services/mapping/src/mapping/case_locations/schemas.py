"""Models of the API of open cases."""

from pydantic import BaseModel, Field


class OpenCase(BaseModel):
    """An open case near a point, of a kind that is shown on public maps."""

    case_type: str = Field(examples=["pothole"])
    reference: str | None = Field(description="As people write it. Null without the scope `mapping:staff`")
    distance_m: float


class OpenCases(BaseModel):
    """Open cases near a point, nearest first."""

    items: list[OpenCase]
