"""The limit of a case: Starlette and asyncpg write the rows of an opening or an act, with nothing decided."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chassis import ids

_COUNCIL = "citytown"
_SET_COUNCIL = "SELECT set_config('app.council', $1, true)"
_CASE = """INSERT INTO case_record (council, id, reference, mode, type_version, code, state, result, engine,
        uprn, created_by, version, opened_at, due_at, queued_at, changed_at)
    VALUES ($1, $2, $3, 'sandbox', $4, 'missed-bin', 'reported', '', $5, $6, '{"client_id": "bench"}', 1, $7,
        $8, $8, $7)"""
_CHANGE = """UPDATE case_record SET state = 'returning', engine = $3, version = 2, changed_at = $4
    WHERE council = $1 AND id = $2"""
_PERSONAL = "INSERT INTO case_personal (council, case_id, fields) VALUES ($1, $2, $3)"
_ENTRY = """INSERT INTO case_entry (council, case_id, n, kind, act, at, effective_at, actor, before, after,
        weighed, personal_digest, digest)
    VALUES ($1, $2, $3, 'action', $4, $5, $5, '{"client_id": "bench"}', $6, $7, $8, $9, $10)"""
_ENTRY_PERSONAL = """INSERT INTO case_entry_personal (council, case_id, n, salt, changes)
    VALUES ($1, $2, 1, $3, $4)"""
_CLOCK = """INSERT INTO case_clock (council, id, case_id, clock, version, due_on, due_at)
    VALUES ($1, $2, $3, $4, 1, $5, $6)"""
_JOB = """INSERT INTO job (council, kind, version, lane, priority, state, due_at, key, payload)
    VALUES ($1, $2, 1, 0, 1, 1, $3, $4, $5)"""
_OUTBOX = """INSERT INTO outbox (council, ordering_key, event_id, nats_subject, envelope)
    VALUES ($1, $2, $3, $4, $5)"""
_WEIGHED = json.dumps([{"rule": f"guards.{number}", "holds": True} for number in range(5)])
_DIGEST = bytes(32)


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["BARE_DATABASE_URL"], min_size=1, max_size=10) as pool:
        app.state.pool = pool
        app.state.version = UUID(os.environ["BARE_TYPE_VERSION"])
        yield


async def _open(request: Request) -> Response:
    body, state = await request.json(), request.app.state
    async with state.pool.acquire() as connection, connection.transaction():
        return JSONResponse(await _write_case(connection, body, state.version), 201)


async def _write_case(connection: Any, body: dict[str, Any], version: UUID) -> dict[str, Any]:
    case, now = ids.new(), datetime.now(UTC)
    due, id_text, fields = now + timedelta(days=2), ids.show(case), body["fields"]
    personal = json.dumps({"uprn": fields.pop("uprn")})
    engine = json.dumps({"state": "reported", "sequence": 1, "fields": fields, "clocks": {}, "tasks": {}})
    await connection.execute(_SET_COUNCIL, _COUNCIL)
    uprn = int(json.loads(personal)["uprn"])
    await connection.execute(_CASE, _COUNCIL, case, id_text[-12:], version, engine, uprn, now, due)
    await connection.execute(_PERSONAL, _COUNCIL, case, personal)
    after, entry = json.dumps(fields), (_COUNCIL, case, 1, "report", now)
    await connection.execute(_ENTRY, *entry, "{}", after, _WEIGHED, _DIGEST, _DIGEST)
    await connection.execute(_ENTRY_PERSONAL, _COUNCIL, case, _DIGEST[:16], personal)
    for clock in ("report_window", "return"):
        await connection.execute(_CLOCK, _COUNCIL, ids.new(), case, clock, due.date(), due)
    for kind in ("casework.note_breach", "casework.fire_timer"):
        payload = json.dumps({"case": id_text, "clock": "return", "due_at": due.isoformat()})
        await connection.execute(_JOB, _COUNCIL, kind, due, f"{id_text} {kind}", payload)
    await _publish(connection, id_text, "opened", body)
    return {"id": id_text, "state": "reported", "version": 1, "fields": fields}


async def _act(request: Request) -> Response:
    case, body = request.path_params["case"], await request.json()
    async with request.app.state.pool.acquire() as connection, connection.transaction():
        now, case_id = datetime.now(UTC), ids.read(case)
        await connection.execute(_SET_COUNCIL, _COUNCIL)
        engine = json.dumps({"state": "returning", "sequence": 2, "fields": {}, "clocks": {}, "tasks": {}})
        await connection.execute(_CHANGE, _COUNCIL, case_id, engine, now)
        entry = (_COUNCIL, case_id, 2, "send_crew", now, '{"state": "reported"}', '{"state": "returning"}')
        await connection.execute(_ENTRY, *entry, "[]", None, _DIGEST)
        await _publish(connection, case, "changed", body)
    return JSONResponse({"id": case, "state": "returning", "version": 2})


async def _publish(connection: Any, case: str, change: str, body: dict[str, Any]) -> None:
    envelope = json.dumps({"id": case, "type": f"casework.case.{change}.v1", "data": body})
    subject = f"townhall.citytown.casework.case.{change}"
    await connection.execute(_OUTBOX, _COUNCIL, f"casework.case.{case}", ids.new(), subject, envelope)


async def _live(_: Request) -> Response:
    return Response()


def create() -> Starlette:
    """Build the application, for uvicorn's ``--factory``."""
    routes = [
        Route("/cases", _open, methods=["POST"]),
        Route("/cases/{case}/actions/send_crew", _act, methods=["POST"]),
        Route("/live", _live),
    ]
    return Starlette(routes=routes, lifespan=_lifespan)
