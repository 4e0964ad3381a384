"""A service's messages: queued in the transaction of their cause, sent by its worker as jobs."""

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property, partial
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Row

from chassis import clock, ids
from chassis.database import ALL_COUNCILS, Session
from chassis.jobs import (
    CallContext,
    CallData,
    Finish,
    Job,
    JobHandlers,
    Priority,
    RefusedError,
    RetryAfterError,
    enqueue,
)
from chassis.jobs.handlers import MAX_TRIES
from chassis.messages import store
from chassis.messages.settings import MessageSettings
from chassis.messages.templates import LANGUAGES, Channel, Message, Personalisation, Templates
from chassis.messages.transports import NotSentError, Transport
from chassis.settings import Settings

_LIMIT = 120.0  # seconds of a try: a transport waits for 20 at each step
_OF_ADDRESSES = r"[^\s\x00-\x1f\x7f-\x9f<>()\[\]\\,;:\"@]"
_RECIPIENTS = {
    Channel.EMAIL: re.compile(rf"{_OF_ADDRESSES}{{1,64}}@{_OF_ADDRESSES}{{1,189}}"),
    Channel.SMS: re.compile(r"\+[1-9][0-9]{4,14}"),
}
_NOBODYS_DOMAIN = ".test"  # RFC 2606
AfterSent = Callable[[Session, str, UUID], Awaitable[None]]
"""What records, in a session of a council, that the message with an id was sent."""


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to queue. ``language``: en or cy. It is not sent after its ``life``."""

    template: str
    to: str = field(repr=False)
    language: str
    personalisation: Personalisation = field(default_factory=dict, repr=False)
    life: timedelta = timedelta(days=1)
    priority: Priority = Priority.USUAL
    channel: ClassVar[Channel]


class Email(NewMessage):
    """An e-mail to an address, by a template in ``emails/``."""

    channel: ClassVar[Channel] = Channel.EMAIL


class Sms(NewMessage):
    """An SMS to a number in E.164, by a template in ``sms/``."""

    channel: ClassVar[Channel] = Channel.SMS


class SendMessage(CallData):
    """A message is to be sent. Its address and text are in its row, and nowhere else."""

    kind: ClassVar[str] = "messages.send"
    message: UUID


def is_recipient(channel: Channel, to: str) -> bool:
    """Check whether a channel's messages can go to an address, by its form."""
    return _RECIPIENTS[channel].fullmatch(to) is not None


class Messages:
    """The messages of one service, whose templates lie in ``package``. ``Service.messages`` names it."""

    def __init__(self, package: str) -> None:
        self.templates = Templates(package)
        self._after_sent: dict[str, AfterSent] = {}

    def after_sent(self, template: str) -> Callable[[AfterSent], AfterSent]:
        """Make a decorator: the function runs in the transaction that ends a sent message of the template."""

        def register(record: AfterSent) -> AfterSent:
            self._after_sent[template] = record
            return record

        return register

    async def withdraw(self, session: Session, message_ids: Iterable[UUID], *, council: str) -> None:
        """Delete messages that wait, so that they are not sent."""
        for message_id in message_ids:
            await store.delete_message(session, council, message_id)

    async def queue(self, session: Session, message: NewMessage, *, council: str) -> UUID:
        """Queue a message, to be sent once the transaction has committed. Of the region: ``council="*"``.

        Returns its id, which ``after_sent`` and ``withdraw`` know it by.

        Raises, before anything is queued, KeyError for a template that does not exist and for a missing or
        surplus value, ValueError for an address that is none.
        """
        language = message.language if message.language in LANGUAGES else "en"
        self.templates.render(message.channel, message.template, language, message.personalisation)
        if not is_recipient(message.channel, message.to):
            raise ValueError(f"{message.template}: this is no address of {message.channel}")
        now, message_id = clock.now(), ids.new()
        row = {
            "council": council,
            "id": message_id,
            "channel": message.channel,
            "template": message.template,
            "language": language,
            "recipient": message.to,
            "personalisation": dict(message.personalisation),
            "created_at": now,
            "expires_at": now + message.life,
        }
        async with session.region_wide(when=council == ALL_COUNCILS):
            await store.create(session, row)
            job = SendMessage(message=message_id)
            await enqueue(session, job, council=council, priority=message.priority)
        return message_id

    @cached_property
    def handlers(self) -> JobHandlers:
        """Return the handlers of the jobs that send."""
        handlers = JobHandlers()

        @handlers.call(SendMessage, tries=MAX_TRIES, limit=_LIMIT)
        async def send(context: CallContext, job: Job[SendMessage]) -> Finish | None:
            return await self._send(context, job)

        return handlers

    async def _send(self, context: CallContext, job: Job[SendMessage]) -> Finish | None:
        """Send a message; return what deletes it.

        Raises RefusedError, RetryAfterError. A refused one stays until it expires: whoever has mended the
        cause replays its job.
        """
        async with context.database.writing(job.council) as session:
            row = await store.begin_try(session, job.council, job.data.message)
            if row is not None and (is_late := row.expires_at <= clock.now()):
                await store.delete_message(session, job.council, row.id)
        if row is None:  # whom it was for has been erased
            return None
        if is_late:
            raise RefusedError(f"{row.template}: it expired before it could be sent")
        transport = context.share(make_transports)[Channel(row.channel)]
        if transport is None:  # the page of sent messages shows it
            return partial(self._record_sent, row=row)
        if not row.recipient.casefold().endswith(_NOBODYS_DOMAIN):
            await self._deliver(transport, job.idempotency_key, row)
        return partial(self._end, row=row)

    async def _end(self, session: Session, row: Row[Any]) -> None:
        await self._record_sent(session, row)
        await store.delete_message(session, row.council, row.id)

    async def _record_sent(self, session: Session, row: Row[Any]) -> None:
        if record := self._after_sent.get(row.template):
            await record(session, row.council, row.id)

    async def _deliver(self, transport: Transport, reference: str, row: Row[Any]) -> None:
        """Deliver a message, unless an earlier try did so and its worker ended before it was noted."""
        message = self.templates.render(Channel(row.channel), row.template, row.language, row.personalisation)
        try:
            if row.tries == 1 or not await transport.has_accepted(reference):
                await transport.deliver(reference, row.recipient, message)
        except NotSentError as error:
            reason = f"{row.template}: {error}"
            if error.permanent:
                raise RefusedError(reason) from None
            raise RetryAfterError(reason, error.retry_after or 0) from None


class _Nowhere:
    """No way to send is set."""

    def __init__(self, setting: str) -> None:
        self._setting = setting

    async def has_accepted(self, reference: str) -> bool:  # noqa: ARG002 - as `Transport` has it
        """Answer no."""
        return False

    async def deliver(self, reference: str, to: str, message: Message) -> None:  # noqa: ARG002
        """Refuse, as `Transport` says."""
        raise NotSentError(f"the setting {self._setting} is none", permanent=True)


def make_transports(settings: Settings) -> dict[Channel, Transport | None]:
    """Make the transports that settings name, once in a worker; None where a page shows messages instead."""
    # Only a worker that sends needs them.
    from chassis.messages.notify import NotifyEmail, NotifySms  # noqa: PLC0415
    from chassis.messages.smtp import Smtp  # noqa: PLC0415
    from chassis.outbound import Outbound  # noqa: PLC0415

    if not isinstance(settings, MessageSettings):
        raise TypeError(f"{type(settings).__name__} is no MessageSettings")
    outbound = Outbound(settings)  # one, for it remembers how Notify fares
    email: Transport | None = None if settings.mail == "sent-messages" else _Nowhere("mail")
    if settings.mail == "smtp":
        email = Smtp(settings)
    elif settings.mail == "notify":
        email = NotifyEmail(settings, outbound)
    sms: Transport | None = None if settings.texts == "sent-messages" else _Nowhere("texts")
    if settings.texts == "notify":
        sms = NotifySms(settings, outbound)
    return {Channel.EMAIL: email, Channel.SMS: sms}
