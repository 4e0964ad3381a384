"""Sessions in browsers: who is signed in, since when and how strongly, and how a session ends."""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import clock, ids, outbox
from chassis.database import ReadSession, Session
from identity.accounts.rules import factors
from identity.accounts.rules.browser_sessions import BrowserSession, SessionRecord, UpstreamSignIn
from identity.accounts.rules.upstream_session import UpstreamSession
from identity.accounts.store import session_upstreams
from identity.accounts.store import sessions as store
from identity.events import SessionEnded
from identity.grants.actions import grants
from identity.shared.tables import REGION

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
_TOUCH = timedelta(minutes=1)
_MAX_LISTED = 100
_FIRST = 1
_NONE = UUID(int=0)


def level(browser_session: BrowserSession) -> str:
    """Tell how strongly the person signed in: ``Cl.Cm`` with two factors or a passkey, else ``Cl``."""
    return factors.level(browser_session.methods)


async def get_current(session: ReadSession, secret: str | None) -> SessionRecord | None:
    """Get the live session with this secret. Given a ``Session``, it counts as use: 30 minutes more."""
    if not secret:
        return None
    now = _now()
    row = await store.get_by_secret(session, _hash(secret), now, now - IDLE)
    if row is None:
        return None
    if isinstance(session, Session) and now - row.seen_at > _TOUCH:
        await store.touch(session, row.id, now)
    own_methods = factors.OWN.intersection(row.methods)
    upstreams = tuple(
        UpstreamSignIn(council, UUID(upstream), method, datetime.fromtimestamp(at, UTC))
        for council, upstream, method, at in row.upstreams or ()
    )
    return SessionRecord(row.account, row.id, own_methods, row.own_at, upstreams, row.language)


async def start(
    session: Session,
    secret: str | None,
    device: str,
    account: UUID,
    methods: Iterable[str],
    *,
    by_own_means: bool = True,
    upstream_session: UpstreamSession | None = None,
    vouched_until: datetime | None = None,
) -> str:
    """Sign in, or step up, in the browser that has ``secret``: returns its new secret.

    The secret is always a new one, so that a session somebody planted is worth nothing (fixation). Another
    person's session in the same browser ends; the same person's goes on and keeps its methods. ``device``:
    what the list of sessions shows. ``methods``: the account's own that were used; ``by_own_means``: they are
    enough by themselves. ``upstream_session``: the session at a provider that signs the person in, if one
    does. ``vouched_until``: until when the council's directory vouches for a member of staff, whose session
    lasts no longer.
    """
    before = await get_current(session, secret)
    if before is not None and before.account != account:
        await end(session, before.account, before.session, "signed-out")
        before = None
    new_secret, now = secrets.token_urlsafe(32), _now()
    own_before = before.own_at if before is not None else None
    values = {
        "secret_hash": _hash(new_secret),
        "methods": sorted({*methods, *(before.own_methods if before else ())}),
        "own_at": now if by_own_means else own_before,
        "device": device,
        "authenticated_at": now,
        "seen_at": now,
        "expires_at": min(now + LONGEST, vouched_until or now + LONGEST),
    }
    if before is not None and await store.renew(session, before.session, values):
        session_id = before.session
    else:
        session_id = ids.new()
        new = {"id": session_id, "account": account, "created_at": now, "ended_at": None}
        await store.add(session, {**values, **new})
    if upstream_session is not None:
        await _put_upstream(session, session_id, upstream_session, now)
    return new_secret


async def _put_upstream(
    session: Session, session_id: UUID, upstream_session: UpstreamSession, now: datetime
) -> None:
    await session_upstreams.put(session, {
        "council": upstream_session.council,
        "session": session_id,
        "upstream": upstream_session.upstream,
        "method": upstream_session.method,
        "authenticated_at": now,
        "person": upstream_session.person,
        "upstream_session": upstream_session.session,
    })  # fmt: skip


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


async def log_out_upstream(
    session: Session, person: bytes | None, upstream_session: bytes | None, reason: str
) -> int:
    """End what a session at a provider signed in: see ``store.take_by_logout``. Returns how much that was."""
    rows = await session_upstreams.take_by_logout(session, person, upstream_session)
    for row in rows:
        await _end_at_council(session, row.session, row.council, reason)
    return len(rows)


async def leave_council(
    session: Session, account: UUID, council: str, reason: str, upstream_id: UUID | None = None
) -> None:
    """End what an upstream of a council signed an account in to; or everything there, for a leaver.

    Its sessions go on where its own means, or another council's upstream, signed it in.
    """
    rows = await session_upstreams.take_by_account(session, account, council, upstream_id)
    session_ids = {row.session for row in rows}
    if upstream_id is None:
        session_ids |= {row.id for row in await list_by_account(session, account)}
    for session_id in sorted(session_ids):
        await _end_at_council(session, session_id, council, reason)


async def remove_upstream(session: Session, council: str, upstream_id: UUID) -> None:
    """End what an upstream signed in that is removed.

    It counts no more at once. The worker ends the sessions that nothing else signs in, batch by batch.
    """
    await session_upstreams.remove_upstream(session, council, upstream_id, _now())


async def _end_at_council(session: Session, session_id: UUID, council: str, reason: str) -> None:
    """End a session that nothing signs in any more; of one that goes on, what was granted at the council."""
    account = await store.end_unused(session, session_id, _now())
    if account is not None:
        await _announce_end(session, account, session_id, reason)
    else:
        await session.set_all_councils()
        await grants.revoke_by_session(session, session_id, council)


async def expire(session: Session, most: int) -> int:
    """End a batch of sessions whose time is over; returns how many there were."""
    now = _now()
    rows = await store.expire(session, now, now - IDLE, most)
    for row in rows:
        await _announce_end(session, row.account, row.id, "expired")
    return len(rows)


async def list_by_account(session: ReadSession, account: UUID) -> Sequence[Row[Any]]:
    """List the account's live sessions, the last used first."""
    now = _now()
    return await store.list_by_account(session, account, now, now - IDLE, _MAX_LISTED)


async def _announce_end(session: Session, account: UUID, session_id: UUID, reason: str) -> None:
    await session_upstreams.delete_by_session(session, session_id)
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
    return clock.now()
