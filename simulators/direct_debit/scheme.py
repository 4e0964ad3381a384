"""What the banks do with mandates and payments as days go by, and what a test has them do."""

from datetime import date
from typing import Any

from simulators.direct_debit.database import Record
from simulators.direct_debit.errors import invalid, wrong_state
from simulators.direct_debit.session import AccountSession, add_working_days, format_time

FEE = 20  # tenths of a penny of a collection, as a fee of 2.0p
INPUT_DAYS = 2  # working days from input to the charge
_ACTIVE_AFTER = 2
_PAID_AFTER = 2
_OPEN = {"pending_submission", "submitted"}
_LIVE = {"pending_submission", "submitted", "active"}
_MANDATE_STATUS = {
    "failed": "failed",
    "cancelled": "cancelled",
    "expired": "expired",
    "reinstated": "active",
    "transferred": None,
    "amended": None,
}


def add_mandate(session: AccountSession, scenario: str) -> Record:
    """Add the mandate of a payer who has signed."""
    mandate_id = session.new_id("MD")
    mandate = {
        "id": mandate_id,
        "status": "pending_submission",
        "scheme": "bacs",
        "reference": f"SIM-{mandate_id[-6:]}",
        "created_at": session.now.isoformat(),
        "next_possible_charge_date": add_working_days(session.today, INPUT_DAYS + 1).isoformat(),
        "links": {},
        "metadata": {},
        "_scenario": scenario,
        "_signed_on": session.today.isoformat(),
    }
    session.add("mandates", mandate)
    session.tell("mandates", "created", {"mandate": mandate_id}, cause="mandate_created")
    return mandate


def run_due(session: AccountSession) -> None:
    """Do what is due by the account's clock."""
    for mandate in session.list_all("mandates"):
        _advance_mandate(session, mandate)
    for payment in session.list_all("payments"):
        _advance_payment(session, payment)
    _pay_out(session)


def _advance_mandate(session: AccountSession, mandate: Record) -> None:
    links = {"mandate": mandate["id"]}
    if mandate["status"] == "pending_submission":
        _set_status(session, "mandates", mandate, "submitted")
        session.tell("mandates", "submitted", links, cause="mandate_submitted")
    signed = date.fromisoformat(mandate["_signed_on"])
    if mandate["status"] != "submitted" or session.today < add_working_days(signed, _ACTIVE_AFTER):
        return
    if mandate["_scenario"] == "no-account":
        change_mandate(session, mandate["id"], "failed", "AUDDIS-5")
        return
    _set_status(session, "mandates", mandate, "active")
    session.tell("mandates", "active", links, cause="mandate_activated")


def _advance_payment(session: AccountSession, payment: Record) -> None:
    charge = date.fromisoformat(payment["charge_date"])
    links = {"payment": payment["id"]}
    if payment["status"] == "pending_submission" and session.today >= add_working_days(charge, -INPUT_DAYS):
        _set_status(session, "payments", payment, "submitted")
        session.tell("payments", "submitted", links, cause="payment_submitted")
    if payment["status"] != "submitted" or session.today < add_working_days(charge, 1):
        return
    mandate = session.get("mandates", payment["links"]["mandate"])
    if mandate["_scenario"] == "refer-to-payer" and not payment["_retries"]:
        fail_payment(session, payment["id"], "ARUDD-0")
        return
    _set_status(session, "payments", payment, "confirmed")
    session.tell("payments", "confirmed", links, cause="payment_confirmed")


def _pay_out(session: AccountSession) -> None:
    """Pay out what was collected, and take from it what went back since the last payout."""
    items = [
        _item("payment_paid_out", payment, payment["amount"] * 10)
        for payment in session.list_all("payments")
        if payment["status"] == "confirmed"
        and session.today >= add_working_days(date.fromisoformat(payment["charge_date"]), _PAID_AFTER)
    ]
    returns = [
        _item(payment["_return"], payment, payment["amount"] * -10)
        for payment in session.list_all("payments")
        if payment["_return"]
    ]
    fees = [_item("gocardless_fee", {"id": item["links"]["payment"]}, -FEE) for item in items]
    fees += [_item("gocardless_fee", {"id": item["links"]["payment"]}, FEE) for item in returns]
    total = sum(item["_tenths"] for item in [*items, *returns, *fees])
    if total <= 0:  # what is owed stays for the next payout
        return
    payout_id = session.new_id("PO")
    for item in returns:
        payment = session.get("payments", item["links"]["payment"])
        session.save("payments", {**payment, "_return": "", "_is_paid_out": False})
    for item in items:
        payment = session.get("payments", item["links"]["payment"])
        payment["_is_paid_out"] = True
        _set_status(session, "payments", payment, "paid_out")
        session.tell(
            "payments", "paid_out", {"payment": payment["id"], "payout": payout_id}, cause="paid_out"
        )
    fault = session.take_fault("pay_out")
    payout = {
        "id": payout_id,
        "created_at": format_time(session.now),
        "amount": (total + 5) // 10 - (fault == "short"),
        "deducted_fees": sum(-item["_tenths"] for item in fees) // 10,
        "currency": "EUR" if fault == "wrong-currency" else "GBP",
        "status": "paid",
        "reference": f"SIM-{payout_id[-8:]}",
        "arrival_date": session.today.isoformat(),
        "_items": [*items, *returns, *fees],
    }
    session.add("payouts", payout)
    session.tell("payouts", "paid", {"payout": payout_id}, cause="payout_paid")


def bounce_payout(session: AccountSession, payout_id: str) -> Record:
    """Have the creditor's bank send a payout back."""
    payout = session.get("payouts", payout_id)
    payout["status"] = "bounced"
    session.save("payouts", payout)
    return payout


def _item(kind: str, payment: Record, tenths: int) -> Record:
    """Make an item of a payout. Its amount is a decimal text in pence, to one place."""
    sign = "-" if tenths < 0 else ""
    amount = f"{sign}{abs(tenths) // 10}.{abs(tenths) % 10}"
    return {"type": kind, "amount": amount, "links": {"payment": payment["id"]}, "_tenths": tenths}


def _set_status(session: AccountSession, kind: str, record: Record, status: str) -> None:
    record["status"] = status
    session.save(kind, record)


def fail_payment(session: AccountSession, payment_id: str, reason_code: str) -> Record:
    """Have a payment come back unpaid (ARUDD)."""
    payment = session.get("payments", payment_id)
    if payment["status"] not in {"submitted", "confirmed", "paid_out"}:
        raise wrong_state("payment_not_submitted", "Only a payment that was submitted comes back")
    payment["_return"] = "payment_failed" if payment["_is_paid_out"] else ""
    _set_status(session, "payments", payment, "failed")
    session.tell("payments", "failed", {"payment": payment_id}, cause="other", reason_code=reason_code)
    return payment


def charge_back(session: AccountSession, payment_id: str, reason_code: str) -> Record:
    """Have a payer claim a payment back under the Direct Debit Guarantee (DDICA)."""
    payment = session.get("payments", payment_id)
    if payment["status"] not in {"confirmed", "paid_out"}:
        raise wrong_state("payment_not_confirmed", "Only a payment that was confirmed is claimed back")
    payment["_return"] = "payment_charged_back" if payment["_is_paid_out"] else ""
    _set_status(session, "payments", payment, "charged_back")
    session.tell("payments", "charged_back", {"payment": payment_id}, cause="other", reason_code=reason_code)
    return payment


def change_mandate(session: AccountSession, mandate_id: str, action: str, reason_code: str) -> Record:
    """Have a bank change a mandate (ADDACS, AUDDIS). One that ends takes its open payments along."""
    if action not in _MANDATE_STATUS:
        raise invalid(f"action is one of {', '.join(sorted(_MANDATE_STATUS))}")
    mandate = session.get("mandates", mandate_id)
    status = _MANDATE_STATUS[action]
    if status:
        _set_status(session, "mandates", mandate, status)
    details: dict[str, Any] = {"cause": "other"} | ({"reason_code": reason_code} if reason_code else {})
    session.tell("mandates", action, {"mandate": mandate_id}, **details)
    if status not in {None, "active"}:
        for payment in session.list_all("payments"):
            if payment["links"]["mandate"] == mandate_id and payment["status"] in _OPEN:
                cancel_payment(session, payment["id"])
    return mandate


def cancel_payment(session: AccountSession, payment_id: str) -> Record:
    """Cancel a payment that the banks do not have yet."""
    payment = session.get("payments", payment_id)
    if payment["status"] not in _OPEN:
        raise wrong_state("cancellation_failed", "The payment cannot be cancelled any more")
    _set_status(session, "payments", payment, "cancelled")
    session.tell("payments", "cancelled", {"payment": payment_id}, cause="payment_cancelled")
    return payment


def retry_payment(session: AccountSession, payment_id: str, charge_date: str | None) -> Record:
    """Present a payment that failed again."""
    payment = session.get("payments", payment_id)
    if payment["status"] != "failed":
        raise wrong_state("retry_failed", "Only a payment that failed is presented again")
    payment["charge_date"] = choose_charge_date(session, payment["links"]["mandate"], charge_date)
    payment["_retries"] += 1
    _set_status(session, "payments", payment, "pending_submission")
    session.tell("payments", "resubmission_requested", {"payment": payment_id}, cause="payment_retried")
    return payment


def choose_charge_date(session: AccountSession, mandate_id: str, charge_date: str | None) -> str:
    """Check the day of a charge. Raises ApiError if the mandate is over, or the banks need longer."""
    mandate = session.get("mandates", mandate_id)
    if mandate["status"] not in _LIVE:
        raise wrong_state("mandate_is_inactive", "The mandate is over")
    earliest = add_working_days(session.today, INPUT_DAYS)
    try:
        day = date.fromisoformat(charge_date) if charge_date else earliest
    except (TypeError, ValueError):
        raise invalid("charge_date is a day such as 2026-04-01") from None
    if day < earliest:
        raise invalid(f"charge_date must be {earliest.isoformat()} or later")
    return add_working_days(add_working_days(day, -1), 1).isoformat()
