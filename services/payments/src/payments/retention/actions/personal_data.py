"""Show what is stored of a payer, who may ask for it (UK GDPR, Article 15)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from chassis import audit, ids
from chassis.audit import by_staff
from chassis.auth import Caller
from chassis.database import Session
from chassis.problems import Problem
from payments.agreements.tables import CARD_MEMBERS
from payments.retention.schemas import (
    PersonalData,
    PersonalDataRequest,
    PersonalMandate,
    PersonalPayment,
    PersonalReceipt,
)
from payments.retention.store import personal_data as store

_MOST = 500
_LISTED = 50  # payments, mandates and receipts that an entry of the audit names
_PAYER = ("email", *CARD_MEMBERS)


async def export(session: Session, council: str, caller: Caller, body: PersonalDataRequest) -> PersonalData:
    """Export what is stored of a payer, and record that. Raises Problem 403 for a sandbox credential.

    The audit names what was shown, and not whom was asked for.
    """
    if caller.mode != "live":
        raise Problem(403, "live-only", "Personal data are exported with a live credential only.")
    words = store.Words("reference", body.reference or "")
    if body.email is not None:
        words = store.Words("email", body.email)
    payments = await store.list_payments(session, council, caller.mode, words, _MOST + 1)
    mandates = await store.list_mandates(session, council, caller.mode, words, _MOST + 1)
    receipts = await store.list_receipts(session, council, caller.mode, words, _MOST + 1)
    listed = {"payments": payments[:_MOST], "mandates": mandates[:_MOST], "receipts": receipts[:_MOST]}
    await audit.record(
        session,
        council,
        by_staff(caller),
        "personal-data-exported",
        "payments.personal-data",
        ids.show(ids.new()),
        changes={
            "by": [None, words.by],
            "number": [None, sum(map(len, listed.values()))],
            **{kind: [None, [ids.show(row.id) for row in rows[:_LISTED]]] for kind, rows in listed.items()},
        },
    )
    return PersonalData(
        payments=[_show(row) for row in listed["payments"]],
        mandates=[_show_mandate(row) for row in listed["mandates"]],
        receipts=[_show_receipt(row) for row in listed["receipts"]],
        is_truncated=max(len(payments), len(mandates), len(receipts)) > _MOST,
    )


def _show_mandate(row: Row[Any]) -> PersonalMandate:
    collections = [
        {**item, "collection_id": ids.show(UUID(item["collection_id"]))} for item in row.collections or []
    ]
    values = {**row._asdict(), "collections": collections, "mandate_id": row.id}
    return PersonalMandate.model_validate(values)


def _show_receipt(row: Row[Any]) -> PersonalReceipt:
    cheque = _select(row.cheque, ("number", "sort_code", "account_number", "payer_name"))
    return PersonalReceipt.model_validate(
        {**row._asdict(), "lines": row.lines or [], "cheque": cheque, "receipt_id": row.id}
    )


def _show(row: Row[Any]) -> PersonalPayment:
    return PersonalPayment(
        payment_id=row.id,
        created_at=row.created_at,
        status=row.state,
        amount=row.amount,
        refunded=row.refunded,
        reference=row.reference,
        description=row.description,
        metadata=row.metadata,
        lines=row.lines or [],
        payer=_select(row.payer, _PAYER),
        agreement=_select(
            {**(row.card or {}), **row.agreement} if row.agreement else None,
            ("reference", "description", "user_identifier", *CARD_MEMBERS),
        ),
        staff_notes=row.notes or [],
    )


def _select(values: Mapping[str, Any] | None, names: tuple[str, ...]) -> dict[str, Any] | None:
    return None if values is None else {name: values[name] for name in names if values.get(name)}
