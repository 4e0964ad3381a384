"""The state of a login at an upstream, from the redirect to the provider until the account is known."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class LoginState:
    """One login at an upstream; see ``tables.upstream_visit``."""

    state_hash: bytes
    browser: bytes
    council: str
    upstream: UUID
    purpose: str
    account: UUID | None
    vot: str | None
    fresh: bool
    redirect_uri: str
    request: str | None
    page: str | None
    found: Mapping[str, Any] | None
    chosen: bool
    created_at: datetime
    expires_at: datetime
    returned_at: datetime | None
