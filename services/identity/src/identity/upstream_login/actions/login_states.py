"""Pending logins at an upstream provider: created on redirect, completed by the callback."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from chassis import clock
from chassis.database import ReadSession, Session
from identity.shared.rules import crypto
from identity.upstream_login.rules import requests
from identity.upstream_login.rules.identity import Identity, NotProven
from identity.upstream_login.rules.login_state import LoginState
from identity.upstream_login.rules.requests import AuthorizationRequest
from identity.upstream_login.store import login_states as store
from identity.upstreams.actions import upstreams
from identity.upstreams.rules.metadata import ProviderMetadata
from identity.upstreams.rules.upstream import Upstream
from identity.verification.actions.context import AuthContext, ClientContext

LIFETIME = timedelta(minutes=15)

FailureReason = Literal[
    "old", "cancelled", "away", "refused", "in-use", "another-person", "not-proven", "not-staff",
    "too-many-groups",
]  # fmt: skip


class LoginFailedError(Exception):
    """Nobody was signed in and nothing linked. ``state`` and ``upstream`` as far as they are known."""

    def __init__(
        self, reason: FailureReason, state: LoginState | None = None, upstream: Upstream | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.state = state
        self.upstream = upstream


@dataclass(frozen=True, slots=True)
class UpstreamLogin:
    """A verified login. ``subject`` as links store it; ``email`` only if verified.

    ``sub``, ``session_id`` and ``issued_at`` (Unix time) as its id_token has them.
    """

    state: LoginState
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

    def to_result(self) -> dict[str, Any]:
        """Give the members that are stored until the person decides."""
        names = (
            "subject", "external_id", "method", "email", "claims", "session_id", "sub", "issued_at",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class LoginRequest:
    """What a login is for. ``account``: of the person who is signed in, unless the purpose is sign-in."""

    purpose: str
    account: UUID | None
    vot: str | None
    fresh: bool
    redirect_uri: str
    request: str | None
    page: str | None


async def start_login(
    session: Session,
    auth: AuthContext,
    client_context: ClientContext,
    upstream: Upstream,
    provider: ProviderMetadata,
    login_request: LoginRequest,
) -> str:
    """Store the state of a login, and give the URL at the provider to send the browser to."""
    secrets = requests.derive_secrets(derive_key(auth), requests.create_state())
    now = auth.now()
    values = {
        **asdict(login_request),
        "state_hash": requests.hash_state(secrets.state),
        "browser": client_context.browser,
        "council": upstream.council,
        "upstream": upstream.id,
        "created_at": now,
        "expires_at": now + LIFETIME,
    }
    await store.insert_state(session, values)
    request = AuthorizationRequest(
        client_id=upstream.client_id,
        redirect_uri=login_request.redirect_uri,
        scopes=upstream.scopes,
        language=client_context.language,
        vot=login_request.vot,
        acr_values=upstream.acr_values,
        fresh=login_request.fresh,
    )
    return requests.build_authorization_url(provider.authorization_endpoint, request, secrets)


def derive_key(auth: AuthContext) -> bytes:
    """Derive the key from which a login's nonce and code verifier come."""
    master = crypto.parse_master_key(auth.settings.master_key.get_secret_value())
    return crypto.derive_subkey(master, "upstream requests")


async def get_pending(session: ReadSession, browser: bytes, now: datetime) -> UpstreamLogin | None:
    """Get this browser's latest undecided login. The session sees its council afterwards."""
    return await _with_upstream(session, await store.get_pending(session, browser, now))


async def get_pending_state(session: ReadSession, browser: bytes, now: datetime) -> LoginState | None:
    """Get the state of this browser's latest login whose account is not decided."""
    return await store.get_pending(session, browser, now)


async def lock_pending(
    session: Session, state_hash: bytes, browser: bytes, now: datetime
) -> UpstreamLogin | None:
    """Get an undecided login of this browser by its hash, locked. The session sees its council afterwards."""
    return await _with_upstream(session, await store.lock_pending(session, state_hash, browser, now))


async def _with_upstream(session: ReadSession, state: LoginState | None) -> UpstreamLogin | None:
    if state is None:
        return None
    await session.set_council(state.council)
    upstream = await upstreams.get_enabled(session, state.council, state.upstream)
    if upstream is None:
        return None
    return UpstreamLogin(state, upstream, **(state.found or {}), identity=None)


async def mark_chosen(session: Session, login: UpstreamLogin) -> None:
    """Mark a login to be linked with the account that signs in next."""
    await store.mark_chosen(session, login.state.state_hash, login.state.browser)


async def delete_decided(session: Session, login: UpstreamLogin) -> None:
    """Delete a login that is decided, and every undecided one of its browser."""
    await store.delete_decided(session, login.state.state_hash, login.state.browser)


async def delete_pending(session: Session, browser: bytes) -> None:
    """Delete the undecided logins of a browser, whose person has left."""
    await store.delete_pending(session, browser)


async def close_account(session: Session, account: UUID) -> None:
    """Delete the logins that a closed account began."""
    await store.delete_by_account(session, account)


async def purge_states(session: Session, most: int) -> int:
    """Delete a batch of logins that have expired."""
    return await store.purge_states(session, clock.now(), most)
