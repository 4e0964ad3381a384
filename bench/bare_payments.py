"""The limit of creating a payment: Starlette and asyncpg write the same rows, with nothing checked."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chassis import ids

_COUNCIL = "citytown"
_SET_COUNCIL = "SELECT set_config('app.council', $1, true)"
_PAYMENT = """INSERT INTO payment (council, id, account, mode, processor, status, amount, surcharge,
        reference, description, return_url, language, delayed_capture, moto, authorisation_mode, visits,
        refunded, refunds_blocked, created_by, version, created_at, expires_at)
    VALUES ($1, $2, $3, 'sandbox', 'sandbox', 'created', $4, 0, $5, $6, $7, 'en', false, false, 'web', 0, 0,
        false, $8, 1, $9, $10)"""
_LINE = """INSERT INTO payment_line (council, payment, n, fund, is_suspense, ledger_code, reference,
        narrative, vat_code, vat_code_name, vat_treatment, amount, vat, refund_spread, retention_months,
        refunded, refunded_vat)
    VALUES ($1, $2, 1, $3, false, '9000-MISC', $4, '', $3, 'W0', 'standard', $5, 0, 'last_line_first', 84, 0,
        0)"""
_EVENT = "INSERT INTO payment_event (council, payment, n, status, at) VALUES ($1, $2, 1, 'created', $3)"
_OUTBOX = """INSERT INTO outbox (council, ordering_key, event_id, nats_subject, envelope)
    VALUES ($1, $2, $3, 'townhall.citytown.payments.payment.created', $4)"""
_JOB = """INSERT INTO job (council, kind, version, lane, priority, state, due_at, key, payload)
    VALUES ($1, 'payments.expire', 1, 0, 1, 1, $2, $3, $4)"""


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["BARE_DATABASE_URL"], min_size=1, max_size=10) as pool:
        app.state.pool = pool
        yield


async def _create(request: Request) -> Response:
    body = await request.json()
    async with request.app.state.pool.acquire() as connection, connection.transaction():
        return JSONResponse(await _write(connection, body), 201)


async def _write(connection: Any, body: dict[str, Any]) -> dict[str, Any]:
    payment, fund, now = ids.new(), ids.new(), datetime.now(UTC)
    expires_at, id_text = now + timedelta(minutes=90), ids.show(payment)
    reference, amount = body["reference"], body["amount"]
    await connection.execute(_SET_COUNCIL, _COUNCIL)
    account = await connection.fetchval("SELECT id FROM gateway_account WHERE council = $1", _COUNCIL)
    text = (reference, body["description"], body["return_url"], '{"client_id": "bench"}')
    await connection.execute(_PAYMENT, _COUNCIL, payment, account, amount, *text, now, expires_at)
    await connection.execute(_LINE, _COUNCIL, payment, fund, reference, amount)
    await connection.execute(_EVENT, _COUNCIL, payment, now)
    envelope = json.dumps({"id": id_text, "type": "payments.payment.created.v1", "data": body})
    await connection.execute(_OUTBOX, _COUNCIL, f"payments.payment.{id_text}", ids.new(), envelope)
    await connection.execute(_JOB, _COUNCIL, expires_at, id_text, json.dumps({"payment": id_text}))
    return {**body, "payment_id": id_text, "state": {"status": "created", "finished": False}}


async def _live(_: Request) -> Response:
    return Response()


def create() -> Starlette:
    """Build the application, for uvicorn's ``--factory``."""
    routes = [Route("/payments", _create, methods=["POST"]), Route("/live", _live)]
    return Starlette(routes=routes, lifespan=_lifespan)
