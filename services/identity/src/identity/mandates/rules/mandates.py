"""The life of a mandate: offered, confirmed, accepted or declined, ended. Pure, so tests try every order.

unconfirmed --confirm--> offered --accept--> accepted --revoke--> revoked
     |                      |--decline--> declined
     |--revoke--> revoked   |--revoke--> revoked      each also ends by time, with nothing done

An offer is stored as ``offered`` from the start; ``confirmed_at`` tells that its principal has confirmed it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from identity.mandates.rules import themes

CONFIRM_LIFETIME = timedelta(hours=24)
"""How long the principal has to confirm an offer that a service made in their name."""
OFFER_LIFETIME = timedelta(days=14)
MAX_LIFETIME = timedelta(days=731)
"""Two years; after that the principal must offer a new mandate."""
NAME_RETENTION = timedelta(days=90)
"""How long the names and the address of an offer or a mandate are kept after its end."""
MAX_MANDATES = 20
"""Open offers and mandates that one person may give, or hold, at one council."""

Status = Literal["offered", "accepted", "declined", "revoked"]
PublicStatus = Literal["unconfirmed", "offered", "accepted", "declined", "revoked", "expired"]
Side = Literal["principal", "delegate", "council"]


class RefusedError(ValueError):
    """A step that is not possible. ``code`` is stable, the text is for the person."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Mandate:
    """Who may act for whom, in what, until when.

    ``delegate`` of an open offer: whoever entered its code, who alone can accept it then. ``minimum_level``:
    how sure both sides had to be that it was them. ``offer_ends_at``: until when an offer can be confirmed
    and, once it is, accepted.
    """

    principal: UUID
    delegate: UUID | None
    theme: str
    status: Status
    offer_ends_at: datetime
    expires_at: datetime
    minimum_level: str = themes.LOWEST
    confirmed_at: datetime | None = None
    accepted_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: Side | None = None


def make_offer(
    principal: UUID, theme: str, expires_at: datetime, now: datetime, *, theme_exists: bool = True
) -> Mandate:
    """Make a new offer. Raises RefusedError."""
    if not theme_exists:
        names = ", ".join(themes.COMMON)
        raise RefusedError("unknown-theme", f"must be one of {names}, or of the council's own")
    if not now < expires_at <= now + MAX_LIFETIME:
        raise RefusedError("not-in-time", f"must lie ahead, and at most {MAX_LIFETIME.days} days")
    return Mandate(principal, None, theme, "offered", min(now + CONFIRM_LIFETIME, expires_at), expires_at)


def is_unconfirmed(mandate: Mandate, now: datetime) -> bool:
    """Tell whether an offer waits for its principal: nobody else hears of it until then."""
    return mandate.status == "offered" and mandate.confirmed_at is None and now < mandate.offer_ends_at


def is_open(mandate: Mandate, now: datetime) -> bool:
    """Tell whether an offer can still be accepted."""
    return mandate.status == "offered" and mandate.confirmed_at is not None and now < mandate.offer_ends_at


def is_active(mandate: Mandate, now: datetime) -> bool:
    """Tell whether the delegate may act by a mandate now."""
    return mandate.status == "accepted" and now < mandate.expires_at


def describe_status(mandate: Mandate, now: datetime) -> PublicStatus:
    """Name the status as people and services see it."""
    if is_unconfirmed(mandate, now):
        return "unconfirmed"
    if mandate.status == "revoked" and mandate.ended_by is None:
        return "expired"
    over = {"offered": mandate.offer_ends_at, "accepted": mandate.expires_at}.get(mandate.status)
    return "expired" if over is not None and over <= now else mandate.status


def confirm_offer(mandate: Mandate, level: str, now: datetime) -> Mandate:
    """Confirm an offer, by its principal and at the level that its theme needs. Raises RefusedError."""
    if not is_unconfirmed(mandate, now):
        raise RefusedError("offer-over", "This can no longer be confirmed.")
    ends_at = min(now + OFFER_LIFETIME, mandate.expires_at)
    return replace(mandate, confirmed_at=now, offer_ends_at=ends_at, minimum_level=level)


def claim_offer(mandate: Mandate, delegate: UUID, now: datetime) -> Mandate:
    """Let whoever entered an offer's code be the one who can accept it. Raises RefusedError."""
    if delegate == mandate.principal:
        raise RefusedError("own-mandate", "You cannot act for yourself by a mandate.")
    if not is_open(mandate, now) or mandate.delegate not in (None, delegate):
        raise RefusedError("offer-over", "The offer has ended. Ask for a new one.")
    return replace(mandate, delegate=delegate)


def accept_offer(mandate: Mandate, delegate: UUID, level: str, now: datetime) -> Mandate:
    """Accept an offer, at the level its theme needs or the higher one it was confirmed at.

    Raises RefusedError.
    """
    claimed = claim_offer(mandate, delegate, now)
    needed = highest_level(mandate, level)
    return replace(claimed, status="accepted", accepted_at=now, minimum_level=needed)


def highest_level(mandate: Mandate, level: str) -> str:
    """Get the level to accept at: what the theme needs now, or the higher one that was confirmed."""
    return themes.highest(mandate.minimum_level, level)


def decline_offer(mandate: Mandate, now: datetime) -> Mandate:
    """Decline an offer. Raises RefusedError."""
    if not is_open(mandate, now):
        raise RefusedError("offer-over", "The offer has ended.")
    return replace(mandate, status="declined", ended_at=now, ended_by="delegate")


def revoke_mandate(mandate: Mandate, side: Side, now: datetime) -> Mandate:
    """End a mandate or an offer at once, from either side; one that has ended stays as it is."""
    if mandate.status not in ("offered", "accepted"):
        return mandate
    return replace(mandate, status="revoked", ended_at=now, ended_by=side)


def close_expired(mandate: Mandate) -> Mandate:
    """Close a mandate whose time is over, so that the same can be given once more; nobody ended it."""
    return replace(mandate, status="revoked", ended_at=mandate.expires_at)
