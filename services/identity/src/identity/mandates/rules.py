"""The life of a mandate: offered, taken up or let go, ended. Pure, so that every order can be tried.

offered --accept--> accepted --revoke--> revoked
   |--decline--> declined
   |--revoke--> revoked            an offer and a mandate also end by time, with nothing done
"""

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal
from uuid import UUID

from chassis.ids import ALPHABET

THEMES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "council-tax": ("Council tax", "Treth gyngor"),
        "benefits": ("Housing benefit and council tax reduction", "Budd-dal tai a gostyngiad treth gyngor"),
        "waste": ("Bins and recycling", "Biniau ac ailgylchu"),
        "parking": ("Parking and permits", "Parcio a thrwyddedau"),
        "housing": ("Council housing and repairs", "Tai cyngor ac atgyweirio"),
        "social-care": ("Adult social care", "Gofal cymdeithasol oedolion"),
        "schools": ("Schools and school transport", "Ysgolion a chludiant ysgol"),
        "planning": ("Planning and building control", "Cynllunio a rheoli adeiladu"),
        "licensing": ("Licences", "Trwyddedau"),
        "blue-badge": ("Blue Badge", "Bathodyn Glas"),
    }
)
"""What somebody may be acted for in at every council: title in English and in Welsh. A service asks by the
key; a council has others of its own beside them."""

OFFER = timedelta(days=14)
LONGEST = timedelta(days=731)
"""After two years the person is asked again."""
KEPT = timedelta(days=90)
"""How long names and address of an offer or a mandate stay when it is over."""
MOST = 20
"""Offers and mandates one person may have given, or hold, at one council."""

Status = Literal["offered", "accepted", "declined", "revoked"]
Side = Literal["principal", "delegate", "council"]

_CODE_LENGTH = 16
_CODE = re.compile(rf"[{ALPHABET}]{{{_CODE_LENGTH}}}")


class RefusedError(ValueError):
    """The step is not possible. ``code`` is stable, the text is for the person."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Mandate:
    """Who may act for whom, in what, until when."""

    principal: UUID
    delegate: UUID | None
    theme: str
    status: Status
    offer_ends_at: datetime
    expires_at: datetime
    accepted_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: Side | None = None


def offer(principal: UUID, theme: str, expires_at: datetime, now: datetime, *, known: bool = True) -> Mandate:
    """A new offer; ``known``: whether the council has the theme. Raises RefusedError."""
    if not known:
        raise RefusedError("unknown-theme", f"must be one of {', '.join(THEMES)}, or of the council's own")
    if not now < expires_at <= now + LONGEST:
        raise RefusedError("not-in-time", f"must lie ahead, and at most {LONGEST.days} days")
    return Mandate(principal, None, theme, "offered", min(now + OFFER, expires_at), expires_at)


def open_offer(mandate: Mandate, now: datetime) -> bool:
    """Whether it can still be taken up."""
    return mandate.status == "offered" and now < mandate.offer_ends_at


def holds(mandate: Mandate, now: datetime) -> bool:
    """Whether the delegate may act by it now."""
    return mandate.status == "accepted" and now < mandate.expires_at


def accept(mandate: Mandate, delegate: UUID, now: datetime) -> Mandate:
    """The delegate takes it up. Raises RefusedError."""
    if delegate == mandate.principal:
        raise RefusedError("own-mandate", "You cannot act for yourself by a mandate.")
    if not open_offer(mandate, now):
        raise RefusedError("offer-over", "The offer has ended. Ask for a new one.")
    return replace(mandate, status="accepted", delegate=delegate, accepted_at=now)


def decline(mandate: Mandate, now: datetime) -> Mandate:
    """The one it was offered to does not want it. Raises RefusedError."""
    if not open_offer(mandate, now):
        raise RefusedError("offer-over", "The offer has ended.")
    return replace(mandate, status="declined", ended_at=now, ended_by="delegate")


def revoke(mandate: Mandate, side: Side, now: datetime) -> Mandate:
    """Either side ends it at once, also an offer; one that has ended stays as it is."""
    if mandate.status not in ("offered", "accepted"):
        return mandate
    return replace(mandate, status="revoked", ended_at=now, ended_by=side)


def code_from(secret: bytes) -> str:
    """80 bits to hand over, in fours, out of a secret nobody else has: too many to be guessed."""
    number = int.from_bytes(hashlib.sha256(b"mandate code " + secret).digest())
    letters = "".join(ALPHABET[number >> 5 * place & 31] for place in range(_CODE_LENGTH))
    return "-".join(letters[start : start + 4] for start in range(0, _CODE_LENGTH, 4))


def new_code() -> str:
    """A code that cannot be made again."""
    return code_from(secrets.token_bytes(32))


def code_hash(text: str) -> bytes:
    """SHA-256 of a code however it was typed: in capitals, with spaces, with o for 0, i or l for 1.

    What cannot be a code has a hash too, which is nobody's.
    """
    plain = re.sub(r"[\s-]+", "", text).lower().translate(str.maketrans("oil", "011"))
    return hashlib.sha256(b"mandate " + (plain.encode() if _CODE.fullmatch(plain) else b"")).digest()
