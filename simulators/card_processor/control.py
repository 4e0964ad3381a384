"""Control of an account: its clock, fees, faults, webhooks, disputes and payouts."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulators.card_processor import control_settings, disputes, faults, payouts, settlement_faults, webhooks
from simulators.card_processor.errors import ApiError
from simulators.card_processor.fields import Fields
from simulators.card_processor.idempotency import Answer, answer_once, check_key
from simulators.card_processor.payouts import PayoutRequest
from simulators.card_processor.record_list import list_page
from simulators.card_processor.requests import answer, endpoint, open_account, read_members, read_query
from simulators.card_processor.session import AccountSession, public
from simulators.card_processor.settlement_faults import SettlementFault
from simulators.card_processor.state import SimulatorState

_MAX_FAULT_AMOUNT = 99_999_999
Perform = Callable[[AccountSession], Answer]
Parser = Callable[[SimulatorState, Fields, str], Perform]


def parse_fault(_: SimulatorState, fields: Fields, __: str) -> Perform:
    """Read a fault of the next requests of an operation."""
    entry = {
        "operation": fields.choice("operation", faults.OPERATIONS),
        "fault": fields.choice("fault", faults.KINDS),
        "count": fields.integer("count", 1, 1000, 1),
        "seconds": fields.integer("seconds", 0, faults.MAX_SECONDS, 30),
    }
    if entry["fault"] == faults.FAIL and entry["operation"] != "refund":
        raise ApiError(400, "invalid_value", "Only a refund can fail; others have test cards", "fault")
    return lambda session: _queue(session, session.account.faults, entry, faults.MAX_FAULTS)


def parse_webhook_fault(_: SimulatorState, fields: Fields, __: str) -> Perform:
    """Read a fault of the next webhook messages."""
    entry = {
        "fault": fields.choice("fault", webhooks.FAULTS),
        "count": fields.integer("count", 1, 1000, 1),
        "seconds": fields.integer("seconds", 1, 31_536_000, 60),
    }
    return lambda session: _queue(session, session.account.webhook_faults, entry, webhooks.MAX_FAULTS)


def _queue(session: AccountSession, queue: list[dict[str, Any]], entry: dict[str, Any], most: int) -> Answer:
    if len(queue) >= most:
        raise ApiError(409, "too_many_faults", f"{most} faults wait already. Delete them first")
    queue.append(dict(entry))
    return 201, control_settings.show(session)


def parse_dispute(_: SimulatorState, fields: Fields, __: str) -> Perform:
    """Read a dispute to open."""
    authorisation = fields.text("authorisation", 64)
    reason = fields.choice("reason", disputes.REASONS, "general")
    amount = fields.integer("amount", 1, _MAX_FAULT_AMOUNT, None)

    def perform(session: AccountSession) -> Answer:
        record = session.get("authorisation", authorisation)
        return 201, public(disputes.open_dispute(session, record, reason, amount))

    return perform


def parse_decision(_: SimulatorState, fields: Fields, dispute_id: str) -> Perform:
    """Read what happens to a dispute next."""
    status = fields.choice("status", ("under_review", "won", "lost"))

    def perform(session: AccountSession) -> Answer:
        record = session.get(disputes.KIND, dispute_id)
        if status == "under_review":
            return 200, public(disputes.respond(session, record))
        return 200, public(disputes.close(session, record, status))

    return perform


def parse_payout(_: SimulatorState, fields: Fields, __: str) -> Perform:
    """Read a payout to make, of all that is unpaid or of its oldest lines, with faults."""
    lines = fields.integer("lines", 1, 1_000_000, None)
    chosen = [
        _parse_settlement_fault(item) for item in fields.objects("faults", settlement_faults.MAX_FAULTS)
    ]
    return lambda session: (201, public(payouts.make_payout(session, PayoutRequest(lines, chosen))))


def _parse_settlement_fault(fields: Fields) -> SettlementFault:
    fault = SettlementFault(
        fields.choice("kind", settlement_faults.KINDS),
        fields.text("authorisation", 64, None),
        fields.integer("amount", -_MAX_FAULT_AMOUNT, _MAX_FAULT_AMOUNT, None),
    )
    fields.finish()
    return fault


def parse_reversal(_: SimulatorState, __: Fields, payout_id: str) -> Perform:
    """Read the reversal of a payout, which has no members."""

    def perform(session: AccountSession) -> Answer:
        record = session.get(payouts.KIND, payout_id)
        return 200, public(payouts.reverse_payout(session, record))

    return perform


def parse_resend(_: SimulatorState, __: Fields, message_id: str) -> Perform:
    """Read the request to send a message once more."""

    def perform(session: AccountSession) -> Answer:
        webhooks.resend(session, message_id)
        return 202, {"id": message_id}

    return perform


def clear_faults(session: AccountSession) -> Answer:
    """Forget the faults of requests."""
    session.account.faults.clear()
    return 200, control_settings.show(session)


def clear_webhook_faults(session: AccountSession) -> Answer:
    """Forget the faults of messages, and let go of those that wait for others."""
    webhooks.clear_faults(session)
    return 200, control_settings.show(session)


async def read_webhooks(state: SimulatorState, request: Request) -> Response:
    """List the newest messages."""
    query = read_query(request)
    limit = query.integer("limit", 1, 500, 100)
    query.finish()
    with state.session(open_account(state, request)) as session:
        return answer(200, {"data": webhooks.list_messages(session, limit)})


async def read_bank_lines(state: SimulatorState, request: Request) -> Response:
    """List what the merchant's bank shows of the payouts."""
    query = read_query(request)
    limit, after = query.integer("limit", 1, 500, 100), query.text("after", 64, None)
    payout = query.text("payout", 64, None)
    query.finish()
    with state.session(open_account(state, request)) as session:
        return answer(200, list_page(session, payouts.BANK_LINE, payout, after, limit))


async def read_account(state: SimulatorState, request: Request) -> Response:
    """Show the account's clock, settings, tariff, webhook and faults."""
    with state.session(open_account(state, request)) as session:
        return answer(200, control_settings.show(session))


def _changes(state: SimulatorState, path: str, parser: Parser, method: str = "POST") -> Route:
    async def handler(state: SimulatorState, request: Request) -> Response:
        name = open_account(state, request)
        key = check_key(request.headers.get("idempotency-key"))
        members = await read_members(request)
        fields = Fields(members)
        perform = parser(state, fields, request.path_params.get("id", ""))
        fields.finish()
        with state.session(name) as session:
            status, body = answer_once(session, key, [method, request.url.path, members], perform)
        return answer(status, body)

    return Route(path, endpoint(state, handler), methods=[method])


def _clears(state: SimulatorState, path: str, perform: Perform) -> Route:
    return _changes(state, path, lambda _, __, ___: perform, "DELETE")


def routes(state: SimulatorState) -> list[Route]:
    """Build the routes of control."""
    return [
        Route("/control", endpoint(state, read_account), methods=["GET"]),
        Route("/control/webhooks", endpoint(state, read_webhooks), methods=["GET"]),
        Route("/control/bank_lines", endpoint(state, read_bank_lines), methods=["GET"]),
        _changes(state, "/control/clock", control_settings.parse_clock, "PUT"),
        _changes(state, "/control/clock/advance", control_settings.parse_advance),
        _changes(state, "/control/settings", control_settings.parse_settings, "PATCH"),
        _changes(state, "/control/tariff", control_settings.parse_tariff, "PATCH"),
        _changes(state, "/control/webhook", control_settings.parse_webhook, "PUT"),
        _clears(state, "/control/webhook", control_settings.clear_webhook),
        _changes(state, "/control/faults", parse_fault),
        _clears(state, "/control/faults", clear_faults),
        _changes(state, "/control/webhook_faults", parse_webhook_fault),
        _clears(state, "/control/webhook_faults", clear_webhook_faults),
        _changes(state, "/control/webhooks/{id}/resend", parse_resend),
        _changes(state, "/control/disputes", parse_dispute),
        _changes(state, "/control/disputes/{id}", parse_decision),
        _changes(state, "/control/payouts", parse_payout),
        _changes(state, "/control/payouts/{id}/reverse", parse_reversal),
    ]
