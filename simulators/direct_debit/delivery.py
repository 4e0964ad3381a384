"""Delivery of webhooks, signed by HMAC-SHA256 of the body, with the faults that a test has asked for."""

import hashlib
import hmac
import json
from typing import Any

import httpx

from simulators.direct_debit.requests import show
from simulators.direct_debit.session import AccountSession
from simulators.direct_debit.state import SimulatorState

_TIMEOUT = 5.0
_MAX_ATTEMPTS = 8
_MAX_EVENTS = 250


async def deliver(simulator: SimulatorState) -> int:
    """Send every account's waiting events, in one message each; return how many messages were accepted."""
    accepted = 0
    for name in simulator.list_accounts():
        with simulator.session(name) as session:
            messages = _take_messages(session)
            webhook = session.account["webhook"]
        for message in messages:
            accepted += await _send(simulator, name, webhook, message)
    return accepted


def _take_messages(session: AccountSession) -> list[dict[str, Any]]:
    """Take what waits as messages, as the next fault would have it: twice, backwards, or not at all."""
    waiting = [record for record in session.list_all("webhooks") if record["state"] == "waiting"]
    if not waiting or session.account["webhook"] is None:
        return []
    waiting = waiting[:_MAX_EVENTS]
    faults = session.account["webhook_faults"]
    fault = faults.pop(0) if faults else ""
    for record in waiting:
        record["state"] = "dropped" if fault == "drop" else "sending"
        session.save("webhooks", record)
    events = [show(session.get("events", event)) for record in waiting for event in record["events"]]
    message = {"ids": [record["id"] for record in waiting], "events": events}
    if fault == "reorder":
        message["events"] = events[::-1]
    return {"drop": [], "duplicate": [message, message]}.get(fault, [message])


async def _send(
    simulator: SimulatorState, name: str, webhook: dict[str, str], message: dict[str, Any]
) -> bool:
    body = json.dumps({"events": message["events"], "meta": {"webhook_id": message["ids"][0]}}).encode()
    signature = hmac.new(webhook["secret"].encode(), body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "Webhook-Signature": signature}
    try:
        async with httpx.AsyncClient(
            trust_env=False, transport=simulator.transport, timeout=_TIMEOUT
        ) as client:
            response = await client.post(webhook["url"], content=body, headers=headers)
            accepted = response.is_success
    except (httpx.HTTPError, httpx.InvalidURL):
        accepted = False
    with simulator.session(name) as session:
        for record_id in message["ids"]:
            record = session.get("webhooks", record_id)
            record["attempts"] = record.get("attempts", 0) + 1
            gives_up = record["attempts"] >= _MAX_ATTEMPTS
            record["state"] = "sent" if accepted else "failed" if gives_up else "waiting"
            session.save("webhooks", record)
    return accepted
