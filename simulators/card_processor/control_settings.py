"""The parts of an account that control changes: clock, settings, tariff and webhook."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from simulators.card_processor.accounts import SETTINGS, TARIFF
from simulators.card_processor.clock import format_time, parse_time
from simulators.card_processor.errors import ApiError
from simulators.card_processor.fields import Fields
from simulators.card_processor.idempotency import Answer
from simulators.card_processor.session import AccountSession
from simulators.card_processor.signature import check_secret
from simulators.card_processor.state import SimulatorState

Perform = Callable[[AccountSession], Answer]
MAX_ADVANCE = 315_360_000  # ten years
_MOST = {
    "capture_delay": 2_592_000, "refund_delay": 2_592_000, "authorisation_hours": 8_760,
    "challenge_minutes": 1_440, "dispute_hours": 8_760, "payout_days": 30,
    "basis_points": 10_000, "corporate_basis_points": 10_000, "fixed": 100_000, "corporate_fixed": 100_000,
    "dispute_fee": 100_000,
}  # fmt: skip
_LEAST = {"authorisation_hours": 1, "challenge_minutes": 1}


def show(session: AccountSession) -> dict[str, Any]:
    """Return an account as control shows it."""
    account = session.account
    return {
        "id": account.id,
        "clock": {"now": session.now, "running": not account.fixed_time},
        "settings": account.settings,
        "tariff": account.tariff,
        "webhook": {"url": account.webhook_url or None, "secret": account.webhook_secret},
        "faults": account.faults,
        "webhook_faults": account.webhook_faults,
    }


def parse_clock(state: SimulatorState, fields: Fields, __: str) -> Perform:
    """Read a time at which the clock stops, or that it runs with the real time again."""
    text, running = fields.text("now", 40, None), fields.flag("running", default=False)
    if running == (text is not None):
        raise ApiError(400, "invalid_value", "Send either now, or running: true", "now")
    moment = parse_time(text) if text is not None else None

    def perform(session: AccountSession) -> Answer:
        session.account.set_clock(moment)
        return 200, _show_clock(state, session)

    return perform


def parse_advance(state: SimulatorState, fields: Fields, __: str) -> Perform:
    """Read by how much the clock goes on."""
    seconds = fields.integer("seconds", 1, MAX_ADVANCE)

    def perform(session: AccountSession) -> Answer:
        session.account.advance_clock(seconds)
        return 200, _show_clock(state, session)

    return perform


def _show_clock(state: SimulatorState, session: AccountSession) -> dict[str, Any]:
    now = format_time(session.account.read_clock(state.now()))
    return {"now": now, "running": not session.account.fixed_time}


def parse_settings(_: SimulatorState, fields: Fields, __: str) -> Perform:
    """Read settings; those left out stay."""
    values = {name: fields.integer(name, _LEAST.get(name, 0), _MOST[name], None) for name in SETTINGS}

    def perform(session: AccountSession) -> Answer:
        session.account.settings |= {name: value for name, value in values.items() if value is not None}
        return 200, show(session)

    return perform


def parse_tariff(_: SimulatorState, fields: Fields, __: str) -> Perform:
    """Read fees; those left out stay."""
    values: dict[str, Any] = {
        name: fields.integer(name, 0, _MOST[name], None) for name in TARIFF if name in _MOST
    }
    values["dispute_taken"] = fields.choice("dispute_taken", ("opened", "lost"), None)
    values["dispute_fee_returned"] = fields.flag("dispute_fee_returned", None)

    def perform(session: AccountSession) -> Answer:
        session.account.tariff |= {name: value for name, value in values.items() if value is not None}
        return 200, show(session)

    return perform


def parse_webhook(state: SimulatorState, fields: Fields, _: str) -> Perform:
    """Read where webhooks go: to this machine, unless the simulator was started with other hosts."""
    url, secret = fields.url("url"), fields.text("secret", 100, None)
    if urlsplit(url).hostname not in state.webhook_hosts:
        reason = f"Webhooks go to {', '.join(sorted(state.webhook_hosts))} only; see --webhook-host"
        raise ApiError(400, "invalid_value", reason, "url")
    if secret is not None:
        check_secret(secret)

    def perform(session: AccountSession) -> Answer:
        session.account.webhook_url = url
        session.account.webhook_secret = secret or session.account.webhook_secret
        return 200, show(session)

    return perform


def clear_webhook(session: AccountSession) -> Answer:
    """Send webhooks nowhere."""
    session.account.webhook_url = ""
    return 200, show(session)
