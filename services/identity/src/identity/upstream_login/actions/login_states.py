"""A person goes to another provider: the question, and who came back with an answer, while it is decided."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from chassis.database import ReadSession, Session
from identity.shared.rules import crypto
from identity.upstream_login.rules import requests
from identity.upstream_login.rules.identity import Identity, NotProven
from identity.upstream_login.rules.requests import Asked
from identity.upstream_login.store import login_states as store
from identity.upstream_login.store.login_states import Visit
from identity.upstreams import store as upstreams
from identity.upstreams.rules.metadata import Provider
from identity.upstreams.store import Upstream
from identity.verification.actions.context import AuthContext, ClientContext

PATIENCE = timedelta(minutes=15)

Reason = Literal[
    "old", "cancelled", "away", "refused", "in-use", "another-person", "not-proven", "not-staff",
    "too-many-groups",
]  # fmt: skip


class FailedError(Exception):
    """Nobody was signed in and nothing linked. ``visit`` and ``upstream`` as far as they are known."""

    def __init__(self, reason: Reason, visit: Visit | None = None, upstream: Upstream | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.visit = visit
        self.upstream = upstream


@dataclass(frozen=True, slots=True)
class UpstreamLogin:
    """Who came back, all of it checked. ``subject`` as links keep it; ``email`` only if verified.

    ``sub``, ``session_id`` and ``issued_at`` (Unix time) as its id_token has them.
    """

    visit: Visit
    upstream: Upstream
    subject: str
    external_id: str
    method: str
    email: str | None
    claims: Mapping[str, Any]
    session_id: str | None
    sub: str
    issued_at: float
    identity: Identity | NotProven | None

    def kept(self) -> dict[str, Any]:
        """What is kept of it while the person decides."""
        names = (
            "subject", "external_id", "method", "email", "claims", "session_id", "sub", "issued_at",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class Question:
    """Why somebody goes there. ``account``: of whoever is signed in, for all but sign-in."""

    purpose: str
    account: UUID | None
    vot: str | None
    fresh: bool
    redirect_uri: str
    request: str | None
    page: str | None


def restored(visit: Visit, upstream: Upstream) -> UpstreamLogin:
    """Who came back and waits for a decision."""
    return UpstreamLogin(visit, upstream, **(visit.found or {}), identity=None)


async def offered(session: ReadSession, council: str, upstream_id: UUID) -> Upstream | None:
    """An upstream that is in use."""
    found = await upstreams.one(session, council, upstream_id)
    return found if found is not None and found.enabled else None


async def begin(
    session: Session,
    auth: AuthContext,
    client_context: ClientContext,
    upstream: Upstream,
    provider: Provider,
    question: Question,
) -> str:
    """Keep the question; answers where the browser is to be sent with it."""
    own = requests.secrets_of(deriving(auth), requests.new_state())
    now = auth.now()
    asked = {name: getattr(question, name) for name in Question.__dataclass_fields__}
    values = {
        **asked,
        "state_hash": requests.state_hash(own.state),
        "browser": client_context.browser,
        "council": upstream.council,
        "upstream": upstream.id,
        "created_at": now,
        "expires_at": now + PATIENCE,
    }
    await store.add(session, values)
    wanted = Asked(
        client_id=upstream.client_id,
        redirect_uri=question.redirect_uri,
        scopes=upstream.scopes,
        language=client_context.language,
        vot=question.vot,
        acr_values=upstream.acr_values,
        fresh=question.fresh,
    )
    return requests.location(provider.authorization_endpoint, wanted, own)


def deriving(auth: AuthContext) -> bytes:
    """The key from which what binds an answer to its question is derived."""
    master = crypto.parse_master_key(auth.settings.master_key.get_secret_value())
    return crypto.derive_subkey(master, "upstream requests")


async def waiting(session: ReadSession, browser: bytes, now: datetime) -> UpstreamLogin | None:
    """Who came back last in this browser and of whom is not decided. The session sees his council after."""
    return await _with_upstream(session, await store.waiting(session, browser, now))


async def locked(session: Session, state_hash: bytes, browser: bytes, now: datetime) -> UpstreamLogin | None:
    """The same, this very one, which nobody else decides until the transaction ends."""
    return await _with_upstream(session, await store.locked(session, state_hash, browser, now))


async def _with_upstream(session: ReadSession, visit: Visit | None) -> UpstreamLogin | None:
    if visit is None:
        return None
    await session.see(visit.council)
    upstream = await offered(session, visit.council, visit.upstream)
    return restored(visit, upstream) if upstream is not None else None
