"""Idempotency keys: each has one effect and one answer, for ever."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from simulators.card_processor.card_numbers import has_card_number
from simulators.card_processor.database import dump
from simulators.card_processor.errors import ApiError
from simulators.card_processor.session import AccountSession

MAX_KEY = 255
Answer = tuple[int, dict[str, Any]]


def check_key(key: str | None) -> str | None:
    """Return an idempotency key. Raises ApiError for one that is too long, or looks like a card number."""
    if key is None:
        return None
    if not 0 < len(key) <= MAX_KEY or not key.isascii() or not key.isprintable():
        reason = f"Send an Idempotency-Key of 1 to {MAX_KEY} ASCII characters"
        raise ApiError(400, "invalid_value", reason, "Idempotency-Key")
    if has_card_number(key):
        raise ApiError(
            400, "card_number", "This looks like a card number. Use another key", "Idempotency-Key"
        )
    return key


def answer_once(
    session: AccountSession, key: str | None, request: Any, perform: Callable[[AccountSession], Answer]
) -> Answer:
    """Perform a request and keep its answer, or return the answer that its key has.

    A refusal stays as well: a refund that was refused must not succeed when the request arrives again.
    Raises ApiError if the key was used for another request.
    """
    if key is None:
        return _perform(session, perform)
    fingerprint = hashlib.sha256(dump(request).encode()).hexdigest()
    statement = "SELECT fingerprint, status, body FROM answer WHERE account = ? AND key = ?"
    if row := session.database.row(statement, session.account.id, key):
        if row[0] != fingerprint:
            reason = "This key was used for another request. Use a new key for each"
            raise ApiError(409, "idempotency_key_reused", reason, "Idempotency-Key")
        return row[1], json.loads(row[2])
    session.key = key
    status, body = _perform(session, perform)
    session.key = None  # what happens by the clock later is not of this request
    statement = "INSERT INTO answer (account, key, fingerprint, status, body) VALUES (?, ?, ?, ?, ?)"
    session.database.run(statement, session.account.id, key, fingerprint, status, dump(body))
    return status, body


def _perform(session: AccountSession, perform: Callable[[AccountSession], Answer]) -> Answer:
    session.database.run("SAVEPOINT request")
    try:
        return perform(session)
    except ApiError as refusal:
        session.database.run("ROLLBACK TO request")
        return refusal.status, refusal.to_json()
    finally:
        session.database.run("RELEASE request")
