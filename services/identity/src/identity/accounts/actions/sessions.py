"""Sessions in browsers: who is signed in, since when and how strongly, and how a session ends."""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import ids, outbox
from chassis.database import ReadSession, Session
from identity.accounts.rules import factors
from identity.accounts.rules.upstream_session import UpstreamSession
from identity.accounts.store import sessions as store
from identity.events import SessionEnded
from identity.grants.actions import grants
from identity.shared.tables import REGION

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
_TOUCH = timedelta(minutes=1)
_MAX_LISTED = 100
_BATCH = 200
_FIRST = 1
_NONE = UUID(int=0)


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """Somebody signed in in a browser. ``methods``: those used in this session, see ``rules.factors``."""

    account: UUID
    session: UUID
    methods: frozenset[str]
    authenticated_at: datetime
    language: str


def level(browser_session: BrowserSession) -> str:
    """Tell how strongly the person signed in: ``Cl.Cm`` with two factors or a passkey, else ``Cl``."""
    return factors.level(browser_session.methods)


async def get_current(session: ReadSession, secret: str | None) -> BrowserSession | None:
    """Get the live session with this secret. Given a ``Session``, it counts as use: 30 minutes more."""
    if not secret:
        return None
    now = _now()
    row = await store.get_by_secret(session, _hash(secret), now, now - IDLE)
    if row is None:
        return None
    if isinstance(session, Session) and now - row.seen_at > _TOUCH:
        await store.touch(session, row.id, now)
    return BrowserSession(row.account, row.id, frozenset(row.methods), row.authenticated_at, row.language)


async def start(
    session: Session,
    secret: str | None,
    device: str,
    account: UUID,
    methods: Iterable[str],
    upstream_session: UpstreamSession | None = None,
    vouched_until: datetime | None = None,
) -> str:
    """Sign in, or step up, in the browser that has ``secret``: returns its new secret.

    The secret is always a new one, so that a session somebody planted is worth nothing (fixation). Another
    person's session in the same browser ends; the same person's goes on and keeps its methods. ``device``:
    what the list of sessions shows. ``upstream_session``: the session at a provider that opens this one, if
    one does. ``vouched_until``: until when the council's directory vouches for a member of staff, whose
    session lasts no longer.
    """
    before = await get_current(session, secret)
    if before is not None and before.account != account:
        await end(session, before.account, before.session, "signed-out")
        before = None
    new_secret, now = secrets.token_urlsafe(32), _now()
    values = {
        "secret_hash": _hash(new_secret),
        "methods": sorted({*methods, *(before.methods if before else ())}),
        "device": device,
        "authenticated_at": now,
        "seen_at": now,
        "expires_at": min(now + LONGEST, vouched_until or now + LONGEST),
    }
    if before is not None and await store.renew(session, before.session, values):
        if upstream_session is not None:
            await store.set_upstream_session(
                session, before.session, upstream_session.person, upstream_session.session
            )
    else:
        await _add(session, account, values, upstream_session)
    return new_secret


async def _add(
    session: Session, account: UUID, values: dict[str, Any], upstream_session: UpstreamSession | None
) -> None:
    opened_by = {
        "upstream_person": upstream_session.person if upstream_session is not None else None,
        "upstream_session": upstream_session.session if upstream_session is not None else None,
    }
    new = {"id": ids.new(), "account": account, "created_at": values["seen_at"], "ended_at": None}
    await store.add(session, {**values, **opened_by, **new})


async def end(session: Session, account: UUID, session_id: UUID, reason: str) -> bool:
    """End one session of an account, with everything issued in it: false when it was not open."""
    if not await store.end(session, account, session_id, _now()):
        return False
    await _announce_end(session, account, session_id, reason)
    return True


async def end_all(session: Session, account: UUID, reason: str, but: UUID = _NONE) -> int:
    """End every session of an account except ``but``; returns how many there were."""
    ended = await store.end_all(session, account, _now(), but)
    for session_id in ended:
        await _announce_end(session, account, session_id, reason)
    return len(ended)


async def end_through(
    session: Session, person: bytes | None, upstream_session: bytes | None, reason: str
) -> int:
    """End the sessions that a session at a provider opened; see ``store.end_through``. Returns how many."""
    rows = await store.end_through(session, person, upstream_session, _now())
    for row in rows:
        await _announce_end(session, row.account, row.id, reason)
    return len(rows)


async def expire(session: Session) -> int:
    """End a batch of sessions whose time is over; returns how many there were."""
    now = _now()
    rows = await store.expire(session, now, now - IDLE, _BATCH)
    for row in rows:
        await _announce_end(session, row.account, row.id, "expired")
    return len(rows)


async def list_by_account(session: ReadSession, account: UUID) -> Sequence[Row[Any]]:
    """List the account's live sessions, the last used first."""
    now = _now()
    return await store.list_by_account(session, account, now, now - IDLE, _MAX_LISTED)


async def _announce_end(session: Session, account: UUID, session_id: UUID, reason: str) -> None:
    await session.set_all_councils()  # the grants of the session lie at the councils
    await grants.revoke_by_session(session, session_id)
    public_id = ids.show(session_id)
    event = SessionEnded.model_validate(
        {"account": ids.show(account), "session": public_id, "reason": reason}
    )
    await outbox.add(session, event, council=REGION, subject=public_id, sequence=_FIRST)


def _hash(secret: str) -> bytes:
    """A secret has 256 random bits, so a fast hash is enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _now() -> datetime:
    return datetime.now(UTC)
