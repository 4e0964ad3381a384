"""Show what is stored of a payer, who may ask for it (UK GDPR, Article 15)."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from chassis import audit, ids
from chassis.audit import by_staff
from chassis.auth import Caller
from chassis.database import Session
from chassis.problems import Problem
from payments.agreements.tables import CARD_MEMBERS
from payments.retention.schemas import PersonalData, PersonalDataRequest, PersonalPayment
from payments.retention.store import personal_data as store

_MOST = 500
_LISTED = 50  # payments that an entry of the audit names
_PAYER = ("email", *CARD_MEMBERS)


async def export(session: Session, council: str, caller: Caller, body: PersonalDataRequest) -> PersonalData:
    """Export what is stored of a payer, and record that. Raises Problem 403 for a sandbox credential.

    The audit names the payments that were shown, and not whom was asked for.
    """
    if caller.mode != "live":
        raise Problem(403, "live-only", "Personal data are exported with a live credential only.")
    by, words = ("email", body.email) if body.email is not None else ("reference", body.reference)
    rows = await store.list_personal_data(session, council, caller.mode, by, words or "", _MOST + 1)
    records = [_show(row) for row in rows[:_MOST]]
    payments = [ids.show(payment.payment_id) for payment in records[:_LISTED]]
    await audit.record(
        session,
        council,
        by_staff(caller),
        "personal-data-exported",
        "payments.personal-data",
        ids.show(ids.new()),
        changes={"by": [None, by], "number": [None, len(records)], "payments": [None, payments]},
    )
    return PersonalData(payments=records, is_truncated=len(rows) > _MOST)


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
