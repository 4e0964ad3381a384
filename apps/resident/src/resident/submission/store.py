"""Statements of submissions."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from chassis import clock
from chassis.batches import delete_batch
from chassis.database import ReadSession, Session
from resident.submission.rules import Step
from resident.submission.tables import submission

_C = submission.c
_THIS = (_C.council == bindparam("p_council")) & (_C.id == bindparam("p_id"))
_ADD = insert(submission).on_conflict_do_nothing(index_elements=list(submission.primary_key.columns))
_FIND = select(submission).where(_THIS)
_LOCK = _FIND.with_for_update()
_SET_OPENED = (
    update(submission)
    .where(_THIS)
    .values({name: bindparam(name) for name in ("step", "reference", "payment", "done", "expires_at")})
    .values(sealed=None)
)
_SET_REFUSED = (
    update(submission)
    .where(_THIS)
    .values(step=Step.REFUSED, sealed=None, refusal=bindparam("refusal"), expires_at=bindparam("expires_at"))
)
_IS_ATTEMPT = (_C.step == Step.PAYING) & (_C.attempt == bindparam("p_attempt"))
_SET_PAYMENT = (
    update(submission)
    .where(_THIS, _IS_ATTEMPT, _C.payment_id.is_(None))
    .values(payment_id=bindparam("payment_id"))
)
_NEXT_ATTEMPT = (
    update(submission)
    .where(_THIS, _IS_ATTEMPT, _C.payment_id.is_not(None))
    .values(attempt=_C.attempt + 1, payment_id=None, payment=bindparam("payment"))
)
_SET_DONE = update(submission).where(_THIS, _C.step == Step.PAYING).values(step=Step.DONE)
_PURGE = delete_batch(submission, _C.expires_at < bindparam("now"))


async def add(session: Session, council: str, submission_id: UUID, values: Mapping[str, Any]) -> bool:
    """Add a submission; False if it is there already."""
    return await session.execute(_ADD, {"council": council, "id": submission_id, **values}) > 0


async def find(session: ReadSession, council: str, submission_id: UUID) -> Row[Any] | None:
    """Find a submission."""
    return await session.first(_FIND, _key(council, submission_id))


async def lock(session: Session, council: str, submission_id: UUID) -> Row[Any] | None:
    """Find a submission and lock it until the transaction ends."""
    return await session.first(_LOCK, _key(council, submission_id))


async def set_opened(session: Session, council: str, submission_id: UUID, values: Mapping[str, Any]) -> None:
    """Write what casework made of it; the answers go."""
    await session.execute(_SET_OPENED, {**_key(council, submission_id), **values})


async def set_refused(session: Session, council: str, submission_id: UUID, values: Mapping[str, Any]) -> None:
    """Write why casework opened no case; the answers go."""
    await session.execute(_SET_REFUSED, {**_key(council, submission_id), **values})


async def set_payment(
    session: Session, council: str, submission_id: UUID, attempt: int, payment_id: str
) -> None:
    """Write the payment of an attempt, unless another request has written it or gone on."""
    values = {**_key(council, submission_id), "p_attempt": attempt, "payment_id": payment_id}
    await session.execute(_SET_PAYMENT, values)


async def begin_attempt(
    session: Session, council: str, submission_id: UUID, attempt: int, payment: Mapping[str, Any] | None
) -> None:
    """Begin the attempt after ``attempt``, unless another request has: two tabs are one attempt."""
    await session.execute(
        _NEXT_ATTEMPT, {**_key(council, submission_id), "p_attempt": attempt, "payment": payment}
    )


async def set_done(session: Session, council: str, submission_id: UUID) -> None:
    """Write that the money has been taken."""
    await session.execute(_SET_DONE, _key(council, submission_id))


async def delete_expired(session: Session, most: int) -> int:
    """Delete submissions about which all was said a day ago, in all councils."""
    return await session.execute(_PURGE, {"now": clock.now(), "most": most})


def _key(council: str, submission_id: UUID) -> dict[str, Any]:
    return {"p_council": council, "p_id": submission_id}
