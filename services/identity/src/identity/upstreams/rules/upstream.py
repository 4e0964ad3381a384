"""An upstream: an OpenID provider as a council registered it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Upstream:
    """An OpenID provider as a council registered it; see ``tables.upstream``. The secret is still sealed."""

    council: str
    id: UUID
    url_slug: str
    kind: str
    audience: str
    title: str
    title_cy: str
    issuer: str
    client_id: str
    authentication: str
    secret_sealed: bytes | None
    scopes: tuple[str, ...]
    acr_values: str | None
    tenant: str | None
    subject_claim: str
    groups_claim: str | None
    provisioning: str
    session_hours: int
    identity_level: str | None
    did_url: str | None
    enabled: bool
    version: int
    created_by: str
    updated_by: str
    created_at: datetime
    updated_at: datetime
