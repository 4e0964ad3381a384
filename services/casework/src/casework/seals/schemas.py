"""Models of the API of seals."""

from datetime import date
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class SealView(BaseModel):
    """The seal of a day: the ends of the histories that grew."""

    model_config = ConfigDict(from_attributes=True)

    sequence: int
    day: date
    until: AwareDatetime
    heads: int = Field(description="How many histories it covers")
    statement: str = Field(description="A JWS: keep it, and nobody can change what it covers unnoticed")


class SealKey(BaseModel):
    """The public key with which seals and certificates of disposal are signed."""

    key: dict[str, Any] = Field(description="A JWK (RFC 8037)")
