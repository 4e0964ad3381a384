"""The API model of a token response."""

from typing import Literal

from pydantic import BaseModel, Field


class Token(BaseModel):
    """Tokens (RFC 6749 section 5.1, OpenID Connect Core 3.1.3.3)."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - RFC 6750
    expires_in: int = Field(description="Seconds")
    scope: str
    id_token: str | None = Field(default=None, description="For a code, and when it is refreshed")
    refresh_token: str | None = Field(default=None, description="With offline_access; good once")
    issued_token_type: str | None = Field(default=None, description="For a token exchange (RFC 8693)")
