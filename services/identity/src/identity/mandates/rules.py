"""The life of a mandate: offered, accepted or declined, ended. Pure, so that tests can try every order.

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
"""The themes every council has: title in English and in Welsh. A service names a theme by the key. A council
can add its own."""

OFFER_LIFETIME = timedelta(days=14)
MAX_LIFETIME = timedelta(days=731)
"""Two years; after that the principal must offer a new mandate."""
NAMES_KEPT_FOR = timedelta(days=90)
"""How long the names and the address of an offer or a mandate are kept after its end."""
MAX_MANDATES = 20
"""Open offers and mandates that one person may give, or hold, at one council."""

Status = Literal["offered", "accepted", "declined", "revoked"]
Side = Literal["principal", "delegate", "council"]

_CODE_LENGTH = 16
_CODE = re.compile(rf"[{ALPHABET}]{{{_CODE_LENGTH}}}")


class RefusedError(ValueError):
    """A step that is not possible. ``code`` is stable, the text is for the person."""

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


def make_offer(
    principal: UUID, theme: str, expires_at: datetime, now: datetime, *, theme_exists: bool = True
) -> Mandate:
    """Make a new offer. Raises RefusedError."""
    if not theme_exists:
        raise RefusedError("unknown-theme", f"must be one of {', '.join(THEMES)}, or of the council's own")
    if not now < expires_at <= now + MAX_LIFETIME:
        raise RefusedError("not-in-time", f"must lie ahead, and at most {MAX_LIFETIME.days} days")
    return Mandate(principal, None, theme, "offered", min(now + OFFER_LIFETIME, expires_at), expires_at)


def is_open(mandate: Mandate, now: datetime) -> bool:
    """Tell whether an offer can still be accepted."""
    return mandate.status == "offered" and now < mandate.offer_ends_at


def is_active(mandate: Mandate, now: datetime) -> bool:
    """Tell whether the delegate may act by a mandate now."""
    return mandate.status == "accepted" and now < mandate.expires_at


def accept_offer(mandate: Mandate, delegate: UUID, now: datetime) -> Mandate:
    """Accept an offer. Raises RefusedError."""
    if delegate == mandate.principal:
        raise RefusedError("own-mandate", "You cannot act for yourself by a mandate.")
    if not is_open(mandate, now):
        raise RefusedError("offer-over", "The offer has ended. Ask for a new one.")
    return replace(mandate, status="accepted", delegate=delegate, accepted_at=now)


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


def derive_code(secret: bytes) -> str:
    """Derive a code from a secret: 80 bits, too many to guess, written in groups of four."""
    number = int.from_bytes(hashlib.sha256(b"mandate code " + secret).digest())
    characters = "".join(ALPHABET[number >> 5 * place & 31] for place in range(_CODE_LENGTH))
    return "-".join(characters[start : start + 4] for start in range(0, _CODE_LENGTH, 4))


def create_code() -> str:
    """Create a random code, which cannot be derived again."""
    return derive_code(secrets.token_bytes(32))


def hash_code(text: str) -> bytes:
    """Hash a code with SHA-256, however it was typed: in capitals, with spaces, with o for 0, i or l for 1.

    A text that cannot be a code has a hash too, which no offer has.
    """
    normalised = re.sub(r"[\s-]+", "", text).lower().translate(str.maketrans("oil", "011"))
    return hashlib.sha256(
        b"mandate " + (normalised.encode() if _CODE.fullmatch(normalised) else b"")
    ).digest()
