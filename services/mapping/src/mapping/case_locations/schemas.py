"""Models of the API of open cases."""

from pydantic import BaseModel

from mapping.locate.schemas import OpenCase


class OpenCases(BaseModel):
    """Open cases near a point, nearest first."""

    items: list[OpenCase]
