"""What tests of messages talk to: a Notify and a mail server on real sockets, and the queue as it stands."""

import json
import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from notes.app import messages
from sqlalchemy import text

from chassis.messages import Email, Sms
from chassis.testing.servers import Answer, Server

TO, NUMBER = "gwen@resident.example", "+447700900123"
SERVICE, SECRET = "26785a09-ab16-4eb0-8407-a37497a57506", "3d844edf-8d35-48ac-975b-e847b4f122b0"
NOTIFY = {
    "mail": "notify",
    "texts": "notify",
    "notify_template": "t1",
    "notify_text_template": "t2",
}
_JOBS = text("SELECT * FROM job WHERE kind = 'messages.send' ORDER BY id")
_MESSAGES = text("SELECT * FROM message ORDER BY id")


@dataclass
class NotifyServer(Server):
    """Notify: it keeps the messages that it accepted, and lists them by reference.

    It gives ``answers`` first. ``on_accept`` is called before it answers that it accepted a message.
    """

    accepted: list[dict[str, Any]] = field(default_factory=list)
    on_accept: Callable[[], Any] = lambda: None
    is_answer_lost: bool = False

    def choose_answer(self, request):
        if self.answers:
            return self.answers.pop(0)
        head, _, content = request.partition(b"\r\n\r\n")
        method, path, _ = head.split(b"\r\n")[0].decode().split(" ")
        if method == "GET":
            [reference] = parse_qs(urlsplit(path).query)["reference"]
            matching = [message for message in self.accepted if message["reference"] == reference]
            return Answer(body=json.dumps({"notifications": matching}).encode())
        self.accepted.append(json.loads(content))
        self.on_accept()
        return Answer(201, cut_after=3 if self.is_answer_lost else None)


class _SmtpHandler(socketserver.StreamRequestHandler):
    """Enough of RFC 5321 to take e-mails."""

    def handle(self):
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            verb = line[:4].upper().strip()
            if verb == b"DATA":
                self.wfile.write(b"354 go\r\n")
                self.server.emails.append(b"".join(iter(self.rfile.readline, b".\r\n")).decode())
            answer = self.server.answers.get(verb, b"250 ok")
            if not answer:
                return  # the connection breaks off
            self.wfile.write(answer + b"\r\n")
            if verb == b"QUIT":
                return


class MailServer(socketserver.ThreadingTCPServer):
    """A mail server that keeps ``emails``. ``answers`` by verb; an empty one breaks the connection off."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _SmtpHandler)
        self.emails, self.answers = [], {b"QUIT": b"221 bye"}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def settings(self):
        return {
            "mail": "smtp",
            "mail_from": "no-reply@citytown.example",
            "smtp_host": "127.0.0.1",
            "smtp_port": self.server_address[1],
            "smtp_security": "none",
        }


async def queue_code(database, code="123456", council="citytown", kind=Email, to=TO, **options):
    async with database.writing(council) as session:
        await messages.queue(session, kind("code", to, "en", {"code": code}, **options), council=council)


async def queue_sms(database, **options):
    await queue_code(database, kind=Sms, to=NUMBER, **options)


async def list_jobs(database):
    async with database.writing("*") as session:
        return await session.all(_JOBS)


async def list_rows(database):
    async with database.writing("*") as session:
        return await session.all(_MESSAGES)


async def execute(database, statement, **values):
    async with database.writing("*") as session:
        return await session.execute(text(statement), values)


async def make_due(database):
    """Let the time for every armed job have come."""
    await execute(database, "UPDATE job SET due_at = now() WHERE state = 1")
