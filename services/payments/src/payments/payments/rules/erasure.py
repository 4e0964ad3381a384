"""When what is personal of a payment may be erased."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from payments.payments.rules.states import OPEN, Status
from payments.shared.retention import find_records_end

_LONDON = ZoneInfo("Europe/London")


def find_end(created_at: datetime) -> date:
    """Find the day on which the financial records of a payment are no longer kept."""
    return find_records_end(created_at.astimezone(_LONDON).date())


def is_in_use(status: str, *, refunds_blocked: bool) -> bool:
    """Check whether a payment is not over, or its money is disputed."""
    return refunds_blocked or Status(status) in OPEN
