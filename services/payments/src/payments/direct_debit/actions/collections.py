"""Collections: plan, show, change and cancel them, and present one again that came back."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import clock, ids
from chassis.auth import Caller
from chassis.database import ReadSession, Session
from chassis.etags import Precondition
from chassis.problems import conflict, invalid, not_found
from payments.direct_debit.actions import mandates, notices, service_users
from payments.direct_debit.rules.charge_dates import (
    REPRESENTATION_NOTICE,
    find_earliest,
    find_last_representation,
    move_to_working_day,
)
from payments.direct_debit.rules.lines import make_lines
from payments.direct_debit.rules.reasons import find_reason
from payments.direct_debit.rules.states import WAITING, CollectionState, MandateState
from payments.direct_debit.schemas.collections import (
    Collection,
    CollectionChange,
    NewCollection,
    NewInstalment,
    NewPlan,
    NewPresentation,
    Plan,
)
from payments.direct_debit.store import collections as store
from payments.direct_debit.store import mandates as mandate_store
from payments.funds.actions import baskets
from payments.funds.rules.baskets import Line
from payments.funds.rules.charts import Chart
from payments.shared.days import today

_COLLECTS = {MandateState.PENDING, MandateState.SUBMITTED, MandateState.ACTIVE}
_ENDING = "mandate-not-collecting"


async def create_collection(
    session: Session, council: str, caller: Caller, body: NewCollection
) -> Collection:
    """Plan a collection, and queue its notice. Raises Problem 400, 404, 409, 422."""
    [row] = await _plan(session, council, caller, body, [body], None)
    return row


async def create_plan(session: Session, council: str, caller: Caller, body: NewPlan) -> Plan:
    """Plan several collections, and queue one notice of all. Raises Problem 400, 404, 409, 422."""
    plan_id = ids.new()
    rows = await _plan(session, council, caller, body, body.instalments, plan_id)
    return Plan(id=plan_id, collections=rows)


async def _plan(
    session: Session,
    council: str,
    caller: Caller,
    body: NewCollection | NewPlan,
    instalments: Sequence[NewInstalment],
    plan_id: UUID | None,
) -> list[Collection]:
    mandate = await _lock_mandate(session, council, caller, body.mandate)
    mandates.check_text("body.reference", body.reference)
    mandates.check_metadata(body.metadata)
    user = await service_users.find_user(session, council, mandate.service_user)
    days = [_choose_day(item.charge_date, user.notice_days) for item in instalments]
    charges = [(day, item.amount) for day, item in zip(days, instalments, strict=True)]
    notice = await notices.queue_notice(session, mandate, charges)
    charts = await baskets.read_charts(session, council, set(days))
    rows, lines = [], []
    for day, item in zip(days, instalments, strict=True):
        row = {
            **_start_row(mandate, caller, item.amount, day, user.notice_days),
            "plan": plan_id,
            "presents": None,
            "notice": notice,
            "provider_payment": None,
            "reference": body.reference,
            "metadata": body.metadata,
        }
        rows.append(row)
        lines += make_lines(council, row["id"], _check_lines(charts[day], item))
    await store.insert_all(session, rows, lines)
    if plan_id is None:
        return [await get_collection(session, council, caller, row["id"]) for row in rows]
    return await list_collections(session, council, caller, None, len(rows), {"plan": plan_id})


async def _lock_mandate(session: Session, council: str, caller: Caller, mandate_id: UUID) -> Row[Any]:
    """Lock a mandate by which money can be collected. Raises Problem 404, 409."""
    row = await mandate_store.lock(session, council, mandate_id)
    if row is None or row.mode != caller.mode:
        raise not_found("mandate with this id")
    if row.state not in _COLLECTS or row.provider_mandate is None:
        raise conflict(_ENDING, f"The mandate is {row.state}, or its payer has not signed.")
    return row


def _choose_day(requested: date | None, notice_days: int, field: str = "body.charge_date") -> date:
    """Choose the day of a charge. Raises Problem 400 if it leaves no time for notice."""
    earliest = find_earliest(today(), notice_days)
    day = earliest if requested is None else move_to_working_day(requested)
    if day < earliest:
        raise invalid(field, f"must be {earliest.isoformat()} or later: the payer has notice before it")
    return day


def _start_row(mandate: Row[Any], caller: Caller, amount: int, day: date, notice_days: int) -> dict[str, Any]:
    now = clock.now()
    return {
        "council": mandate.council,
        "id": ids.new(),
        "service_user": mandate.service_user,
        "mandate": mandate.id,
        "mode": mandate.mode,
        "state": CollectionState.SCHEDULED,
        "amount": amount,
        "charge_date": day,
        "notice_days": notice_days,
        "created_by": caller.record(),
        "version": 1,
        "updated_by": caller.subject,
        "created_at": now,
        "updated_at": now,
    }


def _check_lines(chart: Chart, item: NewInstalment | CollectionChange) -> Sequence[Line]:
    """Check an instalment's lines against the funds of its day. Raises Problem 422."""
    return baskets.check_basket(chart, item.amount or 0, item.lines or ()).lines


async def get_collection(
    session: ReadSession, council: str, caller: Caller, collection_id: UUID
) -> Collection:
    """Get a collection of the caller's mode. Raises Problem 404."""
    row = await _get_row(session, council, caller, collection_id)
    lines = await store.list_lines(session, council, [row.id])
    return _write(row, lines[row.id])


async def _get_row(session: ReadSession, council: str, caller: Caller, collection_id: UUID) -> Row[Any]:
    row = await store.find(session, council, collection_id)
    if row is None or row.mode != caller.mode:
        raise not_found("collection with this id")
    return row


async def list_collections(
    session: ReadSession,
    council: str,
    caller: Caller,
    after: UUID | None,
    fetch: int,
    filters: Mapping[str, UUID | None],
) -> list[Collection]:
    """List the collections of the caller's mode: two statements."""
    rows = await store.list_page(session, council, caller.mode, after, fetch, filters)
    lines = await store.list_lines(session, council, [row.id for row in rows])
    return [_write(row, lines[row.id]) for row in rows]


def _write(row: Row[Any], lines: Sequence[Row[Any]]) -> Collection:
    members = {**row._asdict(), "metadata": row.metadata or {}, "lines": [line._asdict() for line in lines]}
    return Collection.model_validate(members)


async def change_collection(
    session: Session,
    council: str,
    caller: Caller,
    collection_id: UUID,
    precondition: Precondition,
    body: CollectionChange,
) -> Collection:
    """Change the day or the amount of a collection, and queue notice of it. Raises Problem."""
    row, mandate = await _lock_waiting(session, council, caller, collection_id, precondition)
    if row.presents is not None and body.lines is not None:
        raise conflict("amount-fixed", "A second presentation has the amount of the first.")
    day = _choose_day(body.charge_date or row.charge_date, row.notice_days)
    await _check_presentation_day(session, row, day)
    values: dict[str, Any] = {"charge_date": day, "amount": body.amount or row.amount}
    if body.lines is not None:
        lines = _check_lines(await baskets.read_chart(session, council, day), body)
        await store.replace_lines(session, council, row.id, make_lines(council, row.id, lines))
    if (values["charge_date"], values["amount"]) != (row.charge_date, row.amount):
        charges = [(values["charge_date"], values["amount"])]
        values["notice"] = await notices.queue_notice(
            session, mandate, charges, is_presentation=row.presents is not None
        )
    values |= {"updated_by": caller.subject, "updated_at": clock.now()}
    await store.update_one(session, council, row.id, values)
    return await get_collection(session, council, caller, row.id)


async def cancel_collection(
    session: Session, council: str, caller: Caller, collection_id: UUID, precondition: Precondition
) -> Collection:
    """Cancel a collection that was not submitted. Raises Problem 404, 409, 412."""
    row, _ = await _lock_waiting(session, council, caller, collection_id, precondition)
    values = {
        "state": CollectionState.CANCELLED,
        "reason": None,
        "updated_by": caller.subject,
        "updated_at": clock.now(),
    }
    await store.update_one(session, council, row.id, values)
    return await get_collection(session, council, caller, row.id)


async def _lock_waiting(
    session: Session, council: str, caller: Caller, collection_id: UUID, precondition: Precondition
) -> tuple[Row[Any], Row[Any]]:
    """Lock a collection that the provider does not have, its mandate first. Raises Problem 404, 409, 412."""
    present_row = await _get_row(session, council, caller, collection_id)
    mandate = await mandate_store.lock(session, council, present_row.mandate)
    row = await store.lock(session, council, collection_id)
    if row is None or mandate is None:
        raise not_found("collection with this id")
    precondition.check(row.version, "collection")
    if row.state not in WAITING:
        raise conflict(
            "collection-submitted", f"The collection is {row.state}: it cannot be changed any more."
        )
    return row, mandate


async def present_again(
    session: Session,
    council: str,
    caller: Caller,
    collection_id: UUID,
    precondition: Precondition,
    body: NewPresentation,
) -> Collection:
    """Present a collection again that came back by code 0: once, within a month. Raises Problem."""
    first = await _get_row(session, council, caller, collection_id)
    mandate = await _lock_mandate(session, council, caller, first.mandate)
    locked = await store.lock(session, council, collection_id)
    if locked is None:
        raise not_found("collection with this id")
    precondition.check(locked.version, "collection")
    is_allowed = locked.state == CollectionState.UNPAID and find_reason(locked.reason or "").can_present_again
    if not is_allowed or locked.presents is not None:
        raise conflict(
            "not-presentable", "Only a collection that came back by ARUDD-0 is presented again, once."
        )
    if await store.find_presentation(session, council, collection_id) is not None:
        raise conflict("presented-again", "The collection was presented again before.")
    day = _choose_day(body.charge_date, REPRESENTATION_NOTICE)
    if day > (last := find_last_representation(locked.charge_date)):
        raise conflict("presentation-late", f"It could be presented again until {last.isoformat()}.")
    charges = [(day, locked.amount)]
    notice = await notices.queue_notice(session, mandate, charges, is_presentation=True)
    row = {
        **_start_row(mandate, caller, locked.amount, day, REPRESENTATION_NOTICE),
        "plan": locked.plan,
        "presents": locked.id,
        "notice": notice,
        "provider_payment": locked.provider_payment,
        "reference": locked.reference,
        "metadata": locked.metadata,
    }
    lines = (await store.list_lines(session, council, [locked.id]))[locked.id]
    copies = [{**line._asdict(), "collection": row["id"]} for line in lines]
    await store.insert_all(session, [row], copies)
    return await get_collection(session, council, caller, row["id"])


async def _check_presentation_day(session: ReadSession, row: Row[Any], day: date) -> None:
    """Raise Problem 409 if a second presentation would come later than a month after the first."""
    first = await store.find(session, row.council, row.presents) if row.presents else None
    if first is not None and day > (last := find_last_representation(first.charge_date)):
        raise conflict("presentation-late", f"It could be presented again until {last.isoformat()}.")
