"""What happens by itself when an account's clock moves on, in the order in which it is due."""

from collections.abc import Callable, Mapping
from typing import Any

from simulators.card_processor import authorisations, captures, disputes, refunds
from simulators.card_processor.session import AccountSession

_ACTIONS: Mapping[str, Callable[[AccountSession, str], Any]] = {
    captures.TIMER: captures.complete,
    refunds.TIMER: refunds.complete,
    "expire_authorisation": authorisations.expire_authorisation,
    "expire_challenge": authorisations.expire_challenge,
    "open_dispute": disputes.open_scripted,
    "close_dispute": disputes.close_scripted,
}
_NEXT = (
    "SELECT due, sequence, kind, subject FROM timer WHERE account = ? AND due <= ?"
    " ORDER BY due, sequence LIMIT 1"
)
_DELETE = "DELETE FROM timer WHERE account = ? AND due = ? AND sequence = ?"


def run_due(session: AccountSession) -> None:
    """Run what is due by the session's time, each at the time at which it was due."""
    now, account_id = session.now, session.account.id
    while row := session.database.row(_NEXT, account_id, now):
        due, sequence, kind, subject = row
        session.database.run(_DELETE, account_id, due, sequence)
        session.now = due
        _ACTIONS[kind](session, subject)
    session.now = now
