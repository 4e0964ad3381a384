"""Sessions of people in browsers: who is signed in, from when, by what, and how it ends."""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy import Row

from chassis import ids, outbox
from chassis.database import ReadSession, Session
from chassis.web import secure_cookie, set_cookie
from identity.accounts.rules import devices, factors
from identity.accounts.rules.upstream_session import UpstreamSession
from identity.accounts.store import sessions as store
from identity.events import SessionEnded
from identity.grants.actions import grants
from identity.shared.tables import REGION

COOKIE = "townhall-session"
IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
_TOUCH = timedelta(minutes=1)
_MOST = 100  # sessions of one person that are listed
_BATCH = 200
_FIRST = 1
_NONE = UUID(int=0)


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """A person in a browser. ``methods``: what was shown in this session, see ``rules.factors``."""

    account: UUID
    session: UUID
    methods: frozenset[str]
    authenticated_at: datetime
    language: str


def level(signed_in: BrowserSession) -> str:
    """``Cl.Cm`` with two factors or a passkey, else ``Cl``."""
    return factors.level(signed_in.methods)


async def current(session: ReadSession, request: Request) -> BrowserSession | None:
    """Who is signed in in this browser. Given a ``Session``, it counts as use: 30 minutes more."""
    secret = request.cookies.get(secure_cookie(request, COOKIE))
    if not secret:
        return None
    now = _now()
    row = await store.by_secret(session, _hash(secret), now, now - IDLE)
    if row is None:
        return None
    if isinstance(session, Session) and now - row.seen_at > _TOUCH:
        await store.seen(session, row.id, now)
    return BrowserSession(row.account, row.id, frozenset(row.methods), row.authenticated_at, row.language)


async def start(
    session: Session,
    request: Request,
    response: Response,
    account: UUID,
    methods: Iterable[str],
    upstream_session: UpstreamSession | None = None,
    vouched_until: datetime | None = None,
) -> UUID:
    """Sign in, or step up, in this browser: sets its cookie on ``response``; answers the session's id.

    The secret is always a new one, so that a session somebody planted is worth nothing (fixation). Somebody
    else's session in the same browser ends; the same person's goes on, with what was shown before besides.
    ``upstream_session``: the session at another provider that opens it, if one does. ``vouched_until``: until
    when the council's directory vouches for a member of staff, whose session lasts no longer.
    """
    before = await current(session, request)
    if before is not None and before.account != account:
        await end(session, before.account, before.session, "signed-out")
        before = None
    secret, now = secrets.token_urlsafe(32), _now()
    shown = {
        "secret_hash": _hash(secret),
        "methods": sorted({*methods, *(before.methods if before else ())}),
        "device": " ".join(devices.describe(request.headers.get("user-agent", ""))).strip(),
        "authenticated_at": now,
        "seen_at": now,
        "expires_at": min(now + LONGEST, vouched_until or now + LONGEST),
    }
    set_cookie(request, response, COOKIE, secret)
    if before is not None and await store.renew(session, before.session, shown):
        if upstream_session is not None:
            await store.came_again(session, before.session, upstream_session.person, upstream_session.session)
        return before.session
    made = ids.new()
    opened = {
        "upstream_person": upstream_session.person if upstream_session is not None else None,
        "upstream_session": upstream_session.session if upstream_session is not None else None,
    }
    new = {"id": made, "account": account, "created_at": now, "ended_at": None}
    await store.add(session, {**shown, **opened, **new})
    return made


def forget(request: Request, response: Response) -> None:
    """Take the cookie away."""
    set_cookie(request, response, COOKIE, "", max_age=0)


async def end(session: Session, account: UUID, session_id: UUID, reason: str) -> bool:
    """End one session of an account, with everything issued in it; false when it was not open."""
    if not await store.end(session, account, session_id, _now()):
        return False
    await _ended(session, account, session_id, reason)
    return True


async def end_all(session: Session, account: UUID, reason: str, but: UUID = _NONE) -> int:
    """End every session of an account, but one if named; how many there were."""
    ended = await store.end_all(session, account, _now(), but)
    for session_id in ended:
        await _ended(session, account, session_id, reason)
    return len(ended)


async def end_through(
    session: Session, person: bytes | None, upstream_session: bytes | None, reason: str
) -> int:
    """End the sessions opened through a sign-in at another provider; see ``store.end_through``."""
    rows = await store.end_through(session, person, upstream_session, _now())
    for row in rows:
        await _ended(session, row.account, row.id, reason)
    return len(rows)


async def expire(session: Session) -> int:
    """End a batch of sessions whose time is over; how many there were."""
    now = _now()
    rows = await store.expire(session, now, now - IDLE, _BATCH)
    for row in rows:
        await _ended(session, row.account, row.id, "expired")
    return len(rows)


async def of_account(session: ReadSession, account: UUID) -> Sequence[Row[Any]]:
    """The person's live sessions, the last used first."""
    now = _now()
    return await store.of_account(session, account, now, now - IDLE, _MOST)


async def _ended(session: Session, account: UUID, session_id: UUID, reason: str) -> None:
    await session.across_councils()  # what was granted in it lies at the councils
    await grants.end_session(session, session_id)
    shown = ids.show(session_id)
    event = SessionEnded.model_validate({"account": ids.show(account), "session": shown, "reason": reason})
    await outbox.add(session, event, council=REGION, subject=shown, sequence=_FIRST)


def _hash(secret: str) -> bytes:
    """A secret has 256 random bits, so a fast hash is enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _now() -> datetime:
    return datetime.now(UTC)
