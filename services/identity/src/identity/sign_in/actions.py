"""What the pages of sign-in need to know of the request that brought the person there."""

from dataclasses import dataclass
from datetime import UTC, datetime

from chassis.database import ReadSession
from identity.grants.store import authorizations as store
from identity.shared.oauth import authorization_requests, redirects
from identity.shared.oauth.vectors import NO_IDENTITY
from identity.shared.rules import crypto


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a client asks of a sign-in. ``council`` is a slug, ``region`` for a client of the whole region."""

    client_name: str
    council: str
    level: str
    prompt: frozenset[str]
    max_age: int | None
    login_hint: str | None
    language: str | None
    origin: str  # of the service: where the person goes in the end
    identity: str = NO_IDENTITY  # the proof of identity it wants


async def wanted(session: ReadSession, request_id: str) -> Wanted | None:
    """What the request with this id (as it stands in the URL) wants; None when it is unknown or too old.

    Once the person is signed in, send the browser to ``/identity/authorize/continue?request=<id>``.
    """
    row = await store.browser(session, crypto.secret_hash(request_id), datetime.now(UTC))
    if row is None:
        return None
    request = authorization_requests.restored(row.request)
    return Wanted(
        client_name=row.client_name,
        council=row.council,
        level=request.level,
        prompt=frozenset(request.prompts),
        max_age=request.max_age,
        login_hint=request.login_hint,
        language=request.language,
        origin=redirects.source(request.redirect_uri),
        identity=request.identity,
    )
