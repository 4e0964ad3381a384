"""Sessions of staff: begun at the callback, checked at every request, renewed at the issuer, ended."""

import asyncio
import hashlib
import re
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from sqlalchemy import Row

from chassis import clock, encryption, ids
from chassis.auth import Caller
from chassis.database import Database
from chassis.problems import Problem
from chassis.web.sign_in import store
from chassis.web.sign_in.relying_party import GrantRefusedError, RelyingParty, Tokens

IDLE = timedelta(minutes=30)
WHOLE = timedelta(hours=10)
"""A session ends after half an hour without use, and after a working day in any case."""
_TOUCH_AFTER = timedelta(minutes=2)
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_UNAUTHORIZED = 401
_REFRESH_TRIES, _REFRESH_POLL = 80, 0.1  # seconds


def seal_tokens(party: RelyingParty, session_id: Any, tokens: Tokens) -> bytes:
    """Seal tokens for a session's row."""
    return encryption.seal(party.keys.sealing, tokens.model_dump_json().encode(), session_id.bytes)


def open_tokens(party: RelyingParty, row: Row[Any]) -> Tokens:
    """Open a session's tokens. Raises WrongKeyError."""
    return Tokens.model_validate_json(encryption.unseal(party.keys.sealing, row.tokens, row.id.bytes))


async def begin_session(
    app: FastAPI, council: str, client_id: str, claims: Mapping[str, Any], tokens: Tokens, name: str
) -> str:
    """Begin a session; return the secret for its cookie, which nothing stores."""
    secret, now, session_id = secrets.token_urlsafe(32), clock.now(), ids.new()
    row = {
        "council": council,
        "id": session_id,
        "secret_hash": _hash(secret),
        "client_id": client_id,
        "subject": str(claims["sub"]),
        "sid": str(claims["sid"]),
        "name": name,
        "tokens": seal_tokens(app.state.relying_party, session_id, tokens),
        "refreshing_until": None,
        "created_at": now,
        "used_at": now,
        "expires_at": now + IDLE,
    }
    async with _database(app).writing(council) as session:
        await store.insert_session(session, row)
    return secret


async def find_session(app: FastAPI, council: str, secret: str) -> Row[Any] | None:
    """Find the session of a cookie, unless it is over."""
    if not _SECRET.fullmatch(secret):
        return None
    async with _database(app).reading(council) as session:
        row = await store.find_session(session, council, _hash(secret))
    return row if row is not None and row.expires_at > clock.now() else None


async def check_session(app: FastAPI, row: Row[Any]) -> Caller | None:
    """Check a session's token, as one that came as Bearer, and renew it if need be; None: it is over."""
    try:
        tokens = open_tokens(app.state.relying_party, row)
    except encryption.WrongKeyError:  # the key was changed
        await end_session(app, row)
        return None
    caller = await verify(app, tokens.access_token)
    if caller is None or caller.subject != row.subject:
        caller = await _refresh(app, row, tokens)
    if caller is not None and clock.now() - row.used_at > _TOUCH_AFTER:
        await _touch(app, row)
    return caller


def read_email(app: FastAPI, row: Row[Any]) -> str:
    """Read the e-mail address of who is signed in; empty if the issuer knows none."""
    email = open_tokens(app.state.relying_party, row).email
    # A session that the release before began has the address as its name.
    return email or (row.name if "@" in row.name else "")


async def end_session(app: FastAPI, row: Row[Any]) -> None:
    """End a session here."""
    async with _database(app).writing(row.council) as session:
        await store.delete_session(session, row)


async def verify(app: FastAPI, access_token: str) -> Caller | None:
    """Verify an access token; None if it has expired or been refused. Raises Problem 503."""
    try:
        caller: Caller = await app.state.verifier.check(access_token)
    except Problem as problem:
        if problem.status_code == _UNAUTHORIZED:
            return None
        raise
    return None if app.state.deny_list.refuses(caller) else caller


async def _refresh(app: FastAPI, row: Row[Any], tokens: Tokens) -> Caller | None:
    """Get new tokens, once, however many requests want them: a refresh token that is used twice is a thief's.

    Those that did not claim it wait for the one that did, with no connection held.
    """
    for _ in range(_REFRESH_TRIES):
        async with _database(app).writing(row.council) as session:
            is_ours = await store.claim_refresh(session, row)
        if is_ours:
            return await _fetch_new(app, row, tokens)
        async with _database(app).reading(row.council) as reader:
            present = await store.find_session(reader, row.council, row.secret_hash)
        if present is None:
            return None
        if present.tokens != row.tokens:
            return await verify(app, open_tokens(app.state.relying_party, present).access_token)
        await asyncio.sleep(_REFRESH_POLL)
    detail = "Your session is being renewed. Try again."
    raise Problem(503, "session-busy", detail, headers={"Retry-After": "1"})


async def _fetch_new(app: FastAPI, row: Row[Any], tokens: Tokens) -> Caller | None:
    party: RelyingParty = app.state.relying_party
    try:
        fresh = await party.refresh(row.client_id, tokens.refresh_token)
    except GrantRefusedError:
        await end_session(app, row)
        return None
    except Problem:
        async with _database(app).writing(row.council) as session:
            await store.release_refresh(session, row)
        raise
    fresh.id_token, fresh.email = fresh.id_token or tokens.id_token, tokens.email
    caller = await verify(app, fresh.access_token)
    if caller is None or caller.subject != row.subject:
        await end_session(app, row)
        return None
    async with _database(app).writing(row.council) as session:
        await store.save_tokens(session, row, seal_tokens(party, row.id, fresh))
    return caller


async def _touch(app: FastAPI, row: Row[Any]) -> None:
    now = clock.now()
    expires = min(now + IDLE, row.created_at + WHOLE)
    async with _database(app).writing(row.council) as session:
        await store.touch_session(session, row, {"now": now, "expires": expires})


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _database(app: FastAPI) -> Database:
    database: Database = app.state.database
    return database
