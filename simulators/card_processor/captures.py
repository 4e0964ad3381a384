"""Captures: one for each authorisation, of all of it or of a part."""

from simulators.card_processor import balance
from simulators.card_processor.cards import CARDS
from simulators.card_processor.database import Record
from simulators.card_processor.errors import ApiError
from simulators.card_processor.session import AccountSession
from simulators.card_processor.webhooks import announce

KIND = "capture"
TIMER = "complete_capture"


def capture(session: AccountSession, authorisation: Record, amount: int | None = None) -> Record:
    """Capture an authorisation; what is left of it is released. Raises ApiError if it cannot be captured."""
    amount = authorisation["amount"] if amount is None else amount
    if authorisation["status"] != "authorised":
        raise ApiError(409, "not_capturable", f"The authorisation is {authorisation['status']}")
    if not 1 <= amount <= authorisation["amount"]:
        raise ApiError(422, "amount_too_large", f"Capture 1 to {authorisation['amount']} pence", "amount")
    card = CARDS[authorisation["_method"]]
    record = session.add(
        KIND,
        {
            "id": session.new_id("cap"),
            "authorisation": authorisation["id"],
            "reference": authorisation["reference"],
            "status": "submitted",
            "amount": amount,
            "currency": "GBP",
            "fee": balance.calculate_fee(session.account.tariff, amount, corporate=card.corporate),
            "submitted_at": session.now,
            "captured_at": None,
        },
        authorisation["id"],
    )
    session.save("authorisation", authorisation | {"status": "captured", "capture": record["id"]})
    if delay := session.account.settings["capture_delay"]:
        session.schedule(TIMER, delay, record["id"])
        return record
    return complete(session, record["id"])


def complete(session: AccountSession, capture_id: str) -> Record:
    """Take the money of a submitted capture into the balance."""
    record = session.get(KIND, capture_id) | {"status": "captured", "captured_at": session.now}
    session.save(KIND, record)
    authorisation = session.get("authorisation", record["authorisation"])
    authorisation["captured_amount"] = record["amount"]
    session.save("authorisation", authorisation)
    links = {name: record[name] for name in ("authorisation", "reference")}
    balance.add_line(session, "payment", record["amount"], record["fee"], source=record["id"], **links)
    announce(session, "capture.captured", record)
    if CARDS[authorisation["_method"]].dispute:
        session.schedule("open_dispute", 0, authorisation["id"])
    return record
