"""Subscribers of tests: what they were message, and the API as their owner calls it."""

import json
from contextlib import asynccontextmanager

from notes.webhooks import webhooks
from sqlalchemy import event
from standardwebhooks import Webhook

BASE = "/{}/notes/webhooks/v1"


class Message:
    """A message as it arrived."""

    def __init__(self, request):
        head, _, self.body = request.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        self.headers = {name.lower(): text for name, _, text in (line.partition(": ") for line in lines[1:])}

    @property
    def id(self):
        return self.headers["webhook-id"]

    def verify(self, secret):
        """Verify it as a receiver does, with the library that everybody has."""
        return Webhook(secret).verify(self.body, self.headers)


class WebhookHarness:
    def __init__(self, client, mint, jobs, server):
        self.client, self.mint, self.jobs, self.server = client, mint, jobs, server
        self.database = jobs.database

    def authorise(self, council="citytown", **claims):
        token = self.mint(scopes=["notes:webhooks"], councils=[council], **{"mode": "live"} | claims)
        return {"Authorization": f"Bearer {token}"}

    async def call(self, method, path, body=None, *, council="citytown", headers=None, **claims):
        authorisation = self.authorise(council, **claims)
        url = BASE.format(council) + path
        return await self.client.request(method, url, json=body, headers={**authorisation, **(headers or {})})

    async def subscribe(self, *event_types, url=None, **options):
        claims = {name: options.pop(name) for name in ("council", "mode", "client_id") if name in options}
        body = {"url": url or self.server.url, "event_types": event_types or ["notes.written"], **options}
        response = await self.call("POST", "/subscriptions", body, **claims)
        assert response.status_code == 201, response.text
        return response.json()

    async def send(self, event_type="notes.written", council="citytown", data=None, **options):
        async with self.database.writing(council) as session:
            return await webhooks.send(session, council, event_type, data or {"text": "é"}, **options)

    async def list_deliveries(self, query="", **options):
        response = await self.call("GET", f"/deliveries{query}", **options)
        assert response.status_code == 200, response.text
        return response.json()["items"]

    async def read_delivery(self, **options):
        [delivery] = await self.list_deliveries(**options)
        return (await self.call("GET", f"/deliveries/{delivery['id']}", **options)).json()

    async def read(self, subscription, **options):
        return (await self.call("GET", f"/subscriptions/{subscription['id']}", **options)).json()

    async def change(self, subscription, body):
        tag = f'"{(await self.read(subscription))["version"]}"'
        path = f"/subscriptions/{subscription['id']}"
        return await self.call("PATCH", path, body, headers={"If-Match": tag})

    def list_messages(self):
        return [Message(request) for request in self.server.requests]

    async def try_again(self):
        """Let the time of the next attempt have come, and make it."""
        await self.jobs.make_due()
        await self.jobs.drain()

    async def clear(self):
        await self.jobs.execute("DELETE FROM webhook_subscription")


@asynccontextmanager
async def counting_statements(database):
    """Count the statements that a block sends, but for those that set the council."""
    statements = []

    def add(_connection, _cursor, statement, *_):
        if "set_config" not in statement:
            statements.append(statement)

    event.listen(database.writer.sync_engine, "before_cursor_execute", add)
    try:
        yield statements
    finally:
        event.remove(database.writer.sync_engine, "before_cursor_execute", add)


def parse(message):
    return json.loads(message.body)
