"""API models that several domains share."""

from pydantic import BaseModel, ConfigDict


class RequestBody(BaseModel):
    """A request body. An unknown member is an error."""

    model_config = ConfigDict(extra="forbid")
