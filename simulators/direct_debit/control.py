"""What a test has the banks, the clock and the network do. GoCardless's own sandbox has scenarios instead."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulators.direct_debit import scheme
from simulators.direct_debit.errors import invalid
from simulators.direct_debit.requests import answer, endpoint, read_members, read_text, show
from simulators.direct_debit.session import AccountSession
from simulators.direct_debit.state import SimulatorState

_FAULTS = {"error-before", "timeout-after-accept", "short", "wrong-currency"}  # the last two of "pay_out"
_WEBHOOK_FAULTS = {"drop", "duplicate", "reorder"}
_MOST_DAYS, _MOST_FAULTS = 4_000, 1_000
_DAY_SECONDS = 86_400
_PAYMENT_ACTIONS = {"failed": scheme.fail_payment, "charged_back": scheme.charge_back}
Perform = Callable[[AccountSession, Request, dict[str, Any]], Any]


def routes(simulator: SimulatorState) -> list[Route]:
    """List the routes of the control."""

    def handle(perform: Perform) -> Any:
        async def run(request: Request) -> Response:
            name = simulator.open_account(request.headers.get("authorization", ""))
            members = await read_members(request, "")
            with simulator.session(name) as session:
                result = perform(session, request, members)
            return answer(200, result)

        return endpoint(run)

    def set_webhook(session: AccountSession, _: Request, members: dict[str, Any]) -> Any:
        url = read_text(members, "url", 2_000)
        if urlsplit(url).hostname not in simulator.webhook_hosts:
            raise invalid(f"url is on one of {', '.join(sorted(simulator.webhook_hosts))}")
        session.account["webhook"] = {"url": url, "secret": read_text(members, "secret", 255)}
        return session.account["webhook"]

    return [
        Route("/control", handle(_read_control)),
        Route("/control/clock", handle(_set_clock), methods=["PUT"]),
        Route("/control/clock/advance", handle(_advance_clock), methods=["POST"]),
        Route("/control/webhook", handle(set_webhook), methods=["PUT"]),
        Route("/control/faults", handle(_add_fault), methods=["POST"]),
        Route("/control/faults", handle(_clear_faults), methods=["DELETE"]),
        Route("/control/webhook_faults", handle(_add_webhook_fault), methods=["POST"]),
        Route("/control/payments/{id}", handle(_change_payment), methods=["POST"]),
        Route("/control/payouts/{id}/bounce", handle(_bounce), methods=["POST"]),
        Route("/control/mandates/{id}", handle(_change_mandate), methods=["POST"]),
        Route("/control/billing_requests/{id}/sign", handle(_sign), methods=["POST"]),
        Route("/control/{kind}", handle(_list_records)),
    ]


def _read_control(session: AccountSession, _: Request, __: dict[str, Any]) -> Any:
    account = session.account
    return {"now": session.now.isoformat(), "webhook": account["webhook"], "faults": account["faults"]}


def _set_clock(session: AccountSession, _: Request, members: dict[str, Any]) -> Any:
    """Stop the clock at a time."""
    try:
        moment = datetime.fromisoformat(read_text(members, "now", 40)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise invalid("now is a time such as 2026-04-01T09:00:00+00:00") from None
    session.account["fixed"] = moment.isoformat()
    return {"now": moment.isoformat()}


def _advance_clock(session: AccountSession, _: Request, members: dict[str, Any]) -> Any:
    """Let days pass on a running clock."""
    days = members.get("days")
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= _MOST_DAYS:
        raise invalid(f"days is 1 to {_MOST_DAYS}")
    session.account["offset"] += days * _DAY_SECONDS
    return {"offset": session.account["offset"]}


def _add_fault(session: AccountSession, _: Request, members: dict[str, Any]) -> Any:
    if members.get("kind") not in _FAULTS or len(session.account["faults"]) >= _MOST_FAULTS:
        raise invalid(f"kind is one of {', '.join(sorted(_FAULTS))}")
    fault = {"operation": read_text(members, "operation", 60), "kind": members["kind"]}
    session.account["faults"].append(fault)
    return fault


def _clear_faults(session: AccountSession, _: Request, __: dict[str, Any]) -> Any:
    session.account |= {"faults": [], "webhook_faults": []}
    return {"faults": []}


def _add_webhook_fault(session: AccountSession, _: Request, members: dict[str, Any]) -> Any:
    if members.get("kind") not in _WEBHOOK_FAULTS or len(session.account["webhook_faults"]) >= _MOST_FAULTS:
        raise invalid(f"kind is one of {', '.join(sorted(_WEBHOOK_FAULTS))}")
    session.account["webhook_faults"].append(members["kind"])
    return {"kind": members["kind"]}


def _change_payment(session: AccountSession, request: Request, members: dict[str, Any]) -> Any:
    """Have a payment come back (``failed``) or be claimed (``charged_back``), for a reason code."""
    perform = _PAYMENT_ACTIONS.get(str(members.get("action")))
    if perform is None:
        raise invalid(f"action is one of {', '.join(_PAYMENT_ACTIONS)}")
    return show(perform(session, request.path_params["id"], read_text(members, "reason_code", 20)))


def _bounce(session: AccountSession, request: Request, _: dict[str, Any]) -> Any:
    """Have a payout sent back."""
    return show(scheme.bounce_payout(session, request.path_params["id"]))


def _change_mandate(session: AccountSession, request: Request, members: dict[str, Any]) -> Any:
    """Have a bank change a mandate, for a reason code."""
    code = read_text(members, "reason_code", 20) if members.get("reason_code") else ""
    return show(scheme.change_mandate(session, request.path_params["id"], str(members.get("action")), code))


def _sign(session: AccountSession, request: Request, members: dict[str, Any]) -> Any:
    """Have the payer sign at the hosted page."""
    return show(sign(session, request.path_params["id"], str(members.get("scenario") or "good")))


def sign(session: AccountSession, request_id: str, scenario: str) -> dict[str, Any]:
    """Fulfil a billing request. A second time changes nothing."""
    record = session.get("billing_requests", request_id)
    if record["status"] != "fulfilled":
        mandate = scheme.add_mandate(session, scenario)
        record |= {"status": "fulfilled", "links": {"mandate_request_mandate": mandate["id"]}}
        session.save("billing_requests", record)
        session.tell(
            "billing_requests",
            "fulfilled",
            {"billing_request": request_id, "mandate_request_mandate": mandate["id"]},
            cause="billing_request_fulfilled",
        )
    return record


def _list_records(session: AccountSession, request: Request, _: dict[str, Any]) -> Any:
    """List all records of a kind: what a test compares ours with."""
    return {"items": [show(record) for record in session.list_all(request.path_params["kind"])]}
