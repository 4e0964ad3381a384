"""A consumer with a stream, a durable and dead letters of its own, on the run's PostgreSQL and NATS."""

import asyncio
import itertools
import json
from contextlib import asynccontextmanager, suppress
from typing import ClassVar
from urllib.parse import urlsplit

from notes.app import note
from prometheus_client import REGISTRY
from sqlalchemy import insert, select

from chassis import events, ids
from chassis.broker import streams
from chassis.broker.connection import jetstream
from chassis.broker.streams import OwnerSettings
from chassis.broker.topology import Durable, Topology, durable_name, stream_name
from chassis.consumer import Consumer
from chassis.database import Database
from chassis.delivery.dead_letters import DeadLetters
from chassis.delivery.runner import ConsumerRunner
from chassis.events import EventData
from chassis.testing import eventually

_numbers = itertools.count(1)


class Harness:
    """Publishes events and lists their effects. ``behave`` is called with each event before its effect."""

    def __init__(self, client, database, *, capability=None, pause_after=5):
        self.capability = capability or f"letters{next(_numbers)}x{ids.show(ids.new())[-8:]}"
        self.service = self.capability
        self.client, self.database, self.js = client, database, jetstream(client)
        self.behave = lambda session, event: None
        self.pause_after = pause_after
        self.type = f"{self.capability}.note.written.v1"
        self.calls = []
        self.consumer = self._make_consumer()
        self.durable = durable_name(self.service, "copies")
        self.stream = stream_name(self.capability)
        subjects = tuple(self.consumer.subjects())
        durable = Durable(self.service, self.durable, self.stream, subjects)
        self.topology = Topology((self.service,), (durable,))
        self.letters = DeadLetters(client, self.service)

    def _make_consumer(self):
        class View(EventData):
            event_type: ClassVar[str] = self.type
            text: str

        self.view = View
        consumer = Consumer("copies", capability=self.capability)

        @consumer.on(View)
        async def copy(session, event):
            self.calls.append(event.data.text)
            outcome = self.behave(session, event)
            if asyncio.iscoroutine(outcome):
                await outcome
            await session.execute(
                insert(note), {"council": event.council, "id": ids.new(), "text": self.key(event.data.text)}
            )

        return consumer

    def key(self, text):
        return f"{self.capability} {text}"

    async def set_up(self):
        """Make the streams and durables, as their owner does."""
        await streams.ensure_all(self.client, self.topology, OwnerSettings())

    def wrap(self, text, sequence=1, **changes):
        envelope = events.wrap(
            self.view(text=text), source=f"urn:townhall:{self.capability}", council="citytown",
            subject="s", sequence=sequence,
        )  # fmt: skip
        return {**json.loads(envelope.model_dump_json(exclude_none=True)), **changes}

    async def publish(self, *texts):
        for text in texts:
            await self.publish_raw(json.dumps(self.wrap(text)).encode())

    async def publish_raw(self, body, council="citytown", event="note.written"):
        await self.js.publish(f"townhall.{council}.{self.capability}.{event}", body)

    async def list_effects(self):
        """List the texts in the order in which they took effect."""
        statement = (
            select(note.c.text).where(note.c.text.startswith(f"{self.capability} ")).order_by(note.c.id)
        )
        async with self.database.reading("citytown") as session:
            rows = await session.all(statement)
        return [row.text.removeprefix(f"{self.capability} ") for row in rows]

    async def list_letters(self, kind="letter"):
        return [letter async for letter in self.letters.list("*", kind)]

    async def list_reasons(self):
        return [letter.reason for letter in await self.list_letters()]

    def make_runner(self, database=None):
        return ConsumerRunner(
            self.service, self.consumer, database or self.database, self.client, pause_after=self.pause_after
        )

    @asynccontextmanager
    async def running(self, database=None):
        task = asyncio.create_task(self.make_runner(database).run())
        try:
            yield task
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def expect_effects(self, *texts):
        async def check():
            return await self.list_effects() == list(texts)

        try:
            await eventually(check, within=20)
        except AssertionError:
            raise AssertionError(f"{await self.list_effects()} != {list(texts)}") from None

    async def count_pending(self):
        """Count the events that are not yet acknowledged."""
        state = await self.client.call_consumer("INFO", self.stream, self.durable)
        return state["num_pending"] + state["num_ack_pending"]


def read_metric(name, harness):
    return REGISTRY.get_sample_value(f"townhall_consumer_{name}", {"consumer": harness.durable})


def is_paused(harness):
    return (read_metric("paused_since_seconds", harness) or 0) > 0


class Proxy:
    """A TCP proxy in front of a server, whose connections can be cut."""

    def __init__(self, port):
        self._target = port
        self._writers = set()
        self._frozen = set()
        self._server = None
        self.port = 0

    async def open(self):
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self):
        """Close every connection, and refuse new ones until ``open``."""
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.sleep(0)

    def freeze(self):
        """Pass nothing on over the connections there are, and close none, as a vanished server does."""
        self._frozen = set(self._writers)

    def thaw(self):
        """Pass on again; what was sent meanwhile is lost."""
        self._frozen = set()

    async def _connect(self, reader, writer):
        try:
            upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.close()
            return
        pumps = [self._pump(reader, upstream_writer), self._pump(upstream_reader, writer)]
        await asyncio.gather(*pumps)

    async def _pump(self, reader, writer):
        self._writers.add(writer)
        try:
            while data := await reader.read(65536):
                if writer not in self._frozen:
                    writer.write(data)
                    await writer.drain()
        except OSError:
            pass
        finally:
            self._writers.discard(writer)
            writer.close()


@asynccontextmanager
async def open_distant(settings):
    """Open the service's database through a proxy that can be cut."""
    place = urlsplit(settings.database_url)
    proxy = Proxy(place.port)
    await proxy.open()
    url = place._replace(netloc=f"{place.username}:{place.password}@127.0.0.1:{proxy.port}").geturl()
    database = Database(settings.model_copy(update={"database_url": url}), "notes", rows_secured=True)
    await database.open()
    try:
        yield database, proxy
    finally:
        await database.close()
        await proxy.cut()
