"""Merchant accounts: one for each secret key, made at its first use, with a clock and settings of its own."""

import base64
import hashlib
import re
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from simulators.card_processor.card_numbers import has_card_number
from simulators.card_processor.clock import EARLIEST, LATEST, format_time, parse_time
from simulators.card_processor.errors import ApiError

_KEY = re.compile(r"sim_[A-Za-z0-9_-]{8,100}", re.ASCII)

SETTINGS = {
    "capture_delay": 0,  # seconds for which a capture is submitted before it is captured
    "refund_delay": 0,
    "authorisation_hours": 168,  # after which an authorisation that nobody captured expires
    "challenge_minutes": 60,
    "dispute_hours": 24,  # after which a dispute of the cards dispute-lost and dispute-won is decided
    "payout_days": 2,  # working days from a payout to its arrival at the bank
}
TARIFF = {
    "basis_points": 150,
    "fixed": 20,
    "corporate_basis_points": 290,
    "corporate_fixed": 20,
    "dispute_fee": 1500,
    "dispute_taken": "lost",  # or opened: when the amount and fee of a dispute leave the balance
    "dispute_fee_returned": False,
}


@dataclass(slots=True)
class Account:
    """What the processor knows of an account. Its secret key is not in it: the id is a digest of the key."""

    id: str
    created_at: str
    webhook_secret: str
    webhook_url: str = ""
    fixed_time: str = ""
    clock_offset: float = 0.0
    sequence: int = 0
    settings: dict[str, int] = field(default_factory=lambda: dict(SETTINGS))
    tariff: dict[str, Any] = field(default_factory=lambda: dict(TARIFF))
    faults: list[dict[str, Any]] = field(default_factory=list)
    webhook_faults: list[dict[str, Any]] = field(default_factory=list)

    def read_clock(self, real: float) -> datetime:
        """Return the account's time, ``real`` being the seconds since 1970."""
        if self.fixed_time:
            return parse_time(self.fixed_time)
        seconds = min(max(real + self.clock_offset, EARLIEST.timestamp()), LATEST.timestamp() - 1)
        return datetime.fromtimestamp(seconds, UTC)

    def set_clock(self, now: datetime | None) -> None:
        """Stop the clock at a time; with None let it run with the real time again."""
        self.fixed_time = format_time(now) if now else ""
        self.clock_offset = 0.0

    def advance_clock(self, seconds: int) -> None:
        """Advance the clock, whether it runs or not. Raises ApiError beyond 2099."""
        if not self.fixed_time:
            self.clock_offset += seconds
            return
        later = parse_time(self.fixed_time) + timedelta(seconds=seconds)
        if later >= LATEST:
            raise ApiError(400, "invalid_value", "The clock ends with 2099", "seconds")
        self.fixed_time = format_time(later)

    def to_json(self) -> dict[str, Any]:
        """Return the account as the database has it."""
        return {part.name: getattr(self, part.name) for part in fields(self)}


def check_key(authorization: str) -> str:
    """Read the secret key of an Authorization header. Raises ApiError if it is none."""
    scheme, _, key = authorization.partition(" ")
    if scheme.lower() != "bearer" or not _KEY.fullmatch(key):
        reason = "Send Authorization: Bearer sim_..., with 8 to 100 letters and digits after sim_"
        raise ApiError(401, "unauthorised", reason)
    if has_card_number(key):
        raise ApiError(400, "card_number", "This looks like a card number. Use another key", "Authorization")
    return key


def account_id(key: str) -> str:
    """Return the id of a key's account."""
    return "acct_" + shorten_digest(f"account:{key}")


def open_account(key: str, now: datetime) -> Account:
    """Make the account of a key."""
    secret = base64.b64encode(hashlib.sha256(f"webhook:{key}".encode()).digest()).decode()
    return Account(account_id(key), format_time(now), f"whsec_{secret}")


def shorten_digest(text: str) -> str:
    """Return 24 lower-case letters and digits that follow from a text alone."""
    return base64.b32encode(hashlib.sha256(text.encode()).digest()).decode()[:24].lower()
