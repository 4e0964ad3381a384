"""Authorisations: what a test card answers, the 3-D Secure challenge, cancellation and expiry."""

from dataclasses import dataclass

from simulators.card_processor import captures
from simulators.card_processor.cards import CARDS, Card, Outcome
from simulators.card_processor.database import Record
from simulators.card_processor.errors import ApiError
from simulators.card_processor.session import AccountSession
from simulators.card_processor.webhooks import announce

KIND = "authorisation"
AGREEMENT = "agreement"
RESULTS = ("pass", "fail", "unavailable")
_EVENTS = {"authorised": "authorised", "declined": "declined", "error": "failed"}


@dataclass(frozen=True, slots=True)
class AuthorisationRequest:
    """What a caller asks for. ``method`` may be left out for a later payment of an agreement."""

    amount: int
    method: str | None
    reference: str
    return_url: str | None = None
    agreement: str | None = None
    moto: bool = False
    capture: bool = False


def authorise(session: AccountSession, request: AuthorisationRequest) -> Record:
    """Authorise a payment. Whatever the card answers, the authorisation is made and says so."""
    agreement = session.find(AGREEMENT, request.agreement) if request.agreement else None
    method = request.method or (agreement and agreement["method"])
    if not method:
        raise ApiError(422, "missing", "Send method: the agreement has none yet", "method")
    if agreement and agreement["method"] != method:
        raise ApiError(422, "wrong_method", "The agreement has another card", "method")
    if not request.amount and not request.agreement:
        raise ApiError(422, "amount_too_small", "Only the set-up of an agreement may be of 0 pence", "amount")
    card = CARDS[method]
    status, code = _decide(card, request, recurring=agreement is not None)
    record = session.add(KIND, _build(session, request, method) | {"status": status, "code": code})
    if status == "three_d_secure_required":
        record["three_d_secure"] = {"url": f"{session.url}/three-d-secure/{record['id']}"}
        session.save(KIND, record)
        session.schedule("expire_challenge", session.account.settings["challenge_minutes"] * 60, record["id"])
        return record
    return _finish(session, record, status, code)


def _decide(card: Card, request: AuthorisationRequest, *, recurring: bool) -> tuple[Outcome, str | None]:
    """Return how the card answers. Nobody is there to answer a challenge on the telephone or later on."""
    if recurring and card.recurring != "authorised":
        return card.recurring, card.recurring_code
    if card.outcome != "three_d_secure_required":
        return card.outcome, card.code
    if recurring or request.moto:
        return "authorised", None
    if request.return_url is None:
        return "declined", "authentication_required"
    return card.outcome, None


def _build(session: AccountSession, request: AuthorisationRequest, method: str) -> Record:
    return {
        "id": session.new_id("auth"),
        "amount": request.amount,
        "currency": "GBP",
        "reference": request.reference,
        "method": CARDS[method].to_json(),
        "moto": request.moto,
        "agreement": request.agreement,
        "return_url": request.return_url,
        "created_at": session.now,
        "three_d_secure": None,
        "capture": None,
        "captured_amount": 0,
        "refunded_amount": 0,
        "dispute": None,
        "_method": method,
        "_capture": request.capture,
    }


def _finish(session: AccountSession, record: Record, status: str, code: str | None) -> Record:
    """Settle the outcome; capture at once if that was asked for."""
    record |= {"status": status, "code": code}
    session.save(KIND, record)
    announce(session, f"authorisation.{_EVENTS[status]}", record)
    if status != "authorised":
        return record
    if (name := record["agreement"]) and session.find(AGREEMENT, name) is None:
        session.add(AGREEMENT, {"id": name, "method": record["_method"], "authorisation": record["id"]})
    if record["amount"]:
        hours = session.account.settings["authorisation_hours"]
        session.schedule("expire_authorisation", hours * 3600, record["id"])
    if record["_capture"] and record["amount"]:
        captures.capture(session, record)
    return session.get(KIND, record["id"])


def answer_challenge(session: AccountSession, record: Record, result: str) -> Record:
    """Go on after the 3-D Secure challenge. Raises ApiError if it is over."""
    if record["status"] != "three_d_secure_required":
        raise ApiError(409, "challenge_over", f"The authorisation is {record['status']}")
    if result == "pass":
        return _finish(session, record, "authorised", None)
    if result == "fail":
        return _finish(session, record, "declined", "authentication_failed")
    return _finish(session, record, "error", "authentication_unavailable")


def cancel(session: AccountSession, record: Record) -> Record:
    """Release an authorisation. Raises ApiError if it holds no money, or the money was captured."""
    if record["status"] not in {"authorised", "three_d_secure_required"}:
        raise ApiError(409, "not_cancellable", f"The authorisation is {record['status']}")
    return _close(session, record, "cancelled")


def _close(session: AccountSession, record: Record, status: str) -> Record:
    record["status"] = status
    session.save(KIND, record)
    announce(session, f"authorisation.{status}", record)
    return record


def expire_authorisation(session: AccountSession, record_id: str) -> None:
    """Release an authorisation that nobody captured in time."""
    record = session.get(KIND, record_id)
    if record["status"] == "authorised":
        _close(session, record, "expired")


def expire_challenge(session: AccountSession, record_id: str) -> None:
    """Decline a payment whose challenge nobody answered in time."""
    record = session.get(KIND, record_id)
    if record["status"] == "three_d_secure_required":
        _finish(session, record, "declined", "authentication_expired")
