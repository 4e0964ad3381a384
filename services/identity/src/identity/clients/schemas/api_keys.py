"""API models of API keys."""

from datetime import datetime

from pydantic import BaseModel, Field

from chassis.ids import Id
from chassis.types import Name
from identity.shared.schemas import Mode, RequestBody, Scopes


class NewApiKey(RequestBody):
    """An API key to create."""

    name: Name = Field(examples=["Website address finder"])
    mode: Mode
    scopes: Scopes


class ApiKey(BaseModel):
    """What an API key allows. The key itself is shown once, when you create it."""

    id: Id = Field(description="Also the key's `jti` and `client_id`")
    name: str
    mode: Mode
    scopes: list[str]
    created_at: datetime
    expires_at: datetime


class ApiKeyMade(ApiKey):
    """A new API key."""

    key: str = Field(description="Send it as X-Api-Key or Bearer. Keep it safe: you cannot see it again")
