"""Disputes (chargebacks): opened by control or by the cards that are named after them, then won or lost."""

from simulators.card_processor import balance
from simulators.card_processor.cards import CARDS
from simulators.card_processor.database import Record
from simulators.card_processor.errors import ApiError
from simulators.card_processor.session import AccountSession
from simulators.card_processor.webhooks import announce

KIND = "dispute"
REASONS = (
    "credit_not_processed", "duplicate", "fraudulent", "general", "product_not_received",
    "product_unacceptable", "unrecognised", "subscription_cancelled", "other",
)  # fmt: skip
OPEN = ("needs_response", "under_review")


def open_dispute(
    session: AccountSession, authorisation: Record, reason: str, amount: int | None = None
) -> Record:
    """Open a dispute of what is not refunded, or of a part. Raises ApiError if nothing is left."""
    left = authorisation["captured_amount"] - authorisation["refunded_amount"]
    amount = left if amount is None else amount
    if authorisation["dispute"]:
        raise ApiError(409, "disputed", "The payment has a dispute already")
    if not 1 <= amount <= left:
        raise ApiError(409, "amount_too_large", f"{left} pence are left to dispute", "amount")
    record = {
        "id": session.new_id("dsp"),
        "authorisation": authorisation["id"],
        "reference": authorisation["reference"],
        "amount": amount,
        "currency": "GBP",
        "fee": session.account.tariff["dispute_fee"],
        "reason": reason,
        "status": "needs_response",
        "opened_at": session.now,
        "closed_at": None,
        "_taken": session.account.tariff["dispute_taken"] == "opened",
    }
    session.add(KIND, record, authorisation["id"])
    session.save("authorisation", authorisation | {"dispute": record["id"]})
    if record["_taken"]:
        _add_line(session, record, "dispute", -record["amount"], record["fee"])
    announce(session, "dispute.opened", record)
    return record


def respond(session: AccountSession, record: Record) -> Record:
    """Note that the merchant sent evidence."""
    if record["status"] != "needs_response":
        raise ApiError(409, "dispute_over", f"The dispute is {record['status']}")
    record["status"] = "under_review"
    session.save(KIND, record)
    announce(session, "dispute.under_review", record)
    return record


def close(session: AccountSession, record: Record, status: str) -> Record:
    """Decide a dispute: ``won`` or ``lost``. Raises ApiError if it was decided before."""
    if record["status"] not in OPEN:
        raise ApiError(409, "dispute_over", f"The dispute is {record['status']}")
    record |= {"status": status, "closed_at": session.now}
    session.save(KIND, record)
    if status == "lost" and not record["_taken"]:
        _add_line(session, record, "dispute", -record["amount"], record["fee"])
    if status == "won" and record["_taken"]:
        fee = -record["fee"] if session.account.tariff["dispute_fee_returned"] else 0
        _add_line(session, record, "dispute_reversal", record["amount"], fee)
    announce(session, f"dispute.{status}", record)
    return record


def _add_line(session: AccountSession, record: Record, kind: str, amount: int, fee: int) -> None:
    links = {name: record[name] for name in ("authorisation", "reference")}
    balance.add_line(session, kind, amount, fee, source=record["id"], **links)


def open_scripted(session: AccountSession, authorisation_id: str) -> None:
    """Open the dispute that the card is named after, to be decided by the clock."""
    authorisation = session.get("authorisation", authorisation_id)
    if authorisation["dispute"] or authorisation["captured_amount"] <= authorisation["refunded_amount"]:
        return
    record = open_dispute(session, authorisation, "fraudulent")
    session.schedule("close_dispute", session.account.settings["dispute_hours"] * 3600, record["id"])


def close_scripted(session: AccountSession, dispute_id: str) -> None:
    """Decide a dispute as its card says, unless control has decided it."""
    record = session.get(KIND, dispute_id)
    authorisation = session.get("authorisation", record["authorisation"])
    if record["status"] in OPEN:
        close(session, record, CARDS[authorisation["_method"]].dispute or "won")
