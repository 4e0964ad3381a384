"""Refunds of what was captured, to the card it came from."""

from simulators.card_processor import balance
from simulators.card_processor.database import Record
from simulators.card_processor.errors import ApiError
from simulators.card_processor.session import AccountSession
from simulators.card_processor.webhooks import announce

KIND = "refund"
TIMER = "complete_refund"


def refund(session: AccountSession, authorisation: Record, amount: int, reference: str) -> Record:
    """Refund a part or all. Raises ApiError if so much is not left, or a dispute has it."""
    left = authorisation["captured_amount"] - authorisation["refunded_amount"]
    if not authorisation["captured_amount"]:
        raise ApiError(409, "not_captured", f"Nothing is captured: it is {authorisation['status']}")
    if authorisation["dispute"] and session.get("dispute", authorisation["dispute"])["status"] != "won":
        raise ApiError(409, "disputed", "The payment is disputed")
    if amount > left:
        raise ApiError(409, "amount_too_large", f"{left} pence are left to refund", "amount")
    record = {
        "id": session.new_id("ref"),
        "authorisation": authorisation["id"],
        "amount": amount,
        "currency": "GBP",
        "reference": reference,
        "status": "submitted",
        "created_at": session.now,
        "_fails": session.fails,
    }
    session.add(KIND, record, authorisation["id"])
    authorisation["refunded_amount"] += amount
    session.save("authorisation", authorisation)
    if delay := session.account.settings["refund_delay"]:
        session.schedule(TIMER, delay, record["id"])
        return record
    return complete(session, record["id"])


def complete(session: AccountSession, refund_id: str) -> Record:
    """Take a refund from the balance; one that fails makes its amount refundable again."""
    record = session.get(KIND, refund_id)
    record["status"] = "error" if record["_fails"] else "success"
    session.save(KIND, record)
    if record["_fails"]:
        authorisation = session.get("authorisation", record["authorisation"])
        authorisation["refunded_amount"] -= record["amount"]
        session.save("authorisation", authorisation)
        announce(session, "refund.failed", record)
    else:
        links = {name: record[name] for name in ("authorisation", "reference")}
        balance.add_line(session, "refund", -record["amount"], source=record["id"], **links)
        announce(session, "refund.succeeded", record)
    return record
