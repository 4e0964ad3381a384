"""An operation of tests, a charge for a note, and the server outside that makes it once for each key."""

import asyncio
import json
from contextlib import asynccontextmanager
from typing import ClassVar

from sqlalchemy import text

from chassis import ids, recovery
from chassis.jobs import JobHandlers, OperationData
from chassis.outbound import Outbound, Reach, Request

_BEGIN = text("INSERT INTO note (council, id, text) VALUES (:council, :id, 'begun')")
# The state is read under the row's lock: the second call changes nothing, and writes no receipt.
_CHARGE = text("UPDATE note SET text = :charge WHERE council = :council AND id = :id AND text = 'begun'")
_RECEIPT = text("INSERT INTO note (council, id, text) VALUES (:council, :id, 'receipt')")


class Charge(OperationData):
    kind: ClassVar[str] = "tests.charge"
    url: str


handlers = JobHandlers()


@handlers.call(Charge, limit=10)
async def charge(context, job):
    request = Request(
        "POST",
        job.data.url,
        10_000,
        {"Idempotency-Key": job.idempotency_key, "Content-Length": "0"},
        reach=Reach.ANYWHERE,
        allow_http=True,
        seconds=8,
    )
    response = (await context.share(Outbound).send(request)).require_success()
    charge_id = json.loads(response.body)["id"]

    async def finish(session):
        values = {"council": job.council, "id": ids.read(job.data.operation)}
        if await session.execute(_CHARGE, {**values, "charge": charge_id}):
            await session.execute(_RECEIPT, {"council": job.council, "id": ids.new()})

    return finish


async def begin(database, url, *, council="citytown", seconds=recovery.SECONDS):
    """Begin a charge in a transaction of its own, as a request does."""
    note = ids.new()
    async with database.writing(council) as session:
        await session.execute(_BEGIN, {"council": council, "id": note})
        data = Charge(operation=ids.show(note), url=url)
        return await recovery.begin(session, data, council=council, seconds=seconds)


class ChargeServer:
    """Makes a charge once for each key, and gives the same answer again; ``behave`` runs after it did."""

    def __init__(self):
        self.keys, self.charges, self.url = [], {}, ""
        self.behave = lambda: None

    async def answer(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        [key] = [line.split(": ")[1] for line in head.split("\r\n") if line.startswith("idempotency-key")]
        self.keys.append(key)
        status, charge_id = 200, self.charges.setdefault(key, f"charge {len(self.charges) + 1}")
        outcome = self.behave()
        if asyncio.iscoroutine(outcome):
            await outcome
        elif outcome:
            status = outcome
        body = json.dumps({"id": charge_id}).encode()
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        writer.close()


@asynccontextmanager
async def charging():
    server = ChargeServer()
    listener = await asyncio.start_server(server.answer, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/charges"
    try:
        yield server
    finally:
        listener.close()
