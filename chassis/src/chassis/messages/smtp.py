"""Deliver e-mails to a mail server (RFC 5321)."""

import asyncio
import smtplib
from contextlib import suppress
from email.message import EmailMessage
from email.utils import formatdate

from chassis.messages.settings import MessageSettings
from chassis.messages.templates import Message
from chassis.messages.transports import SECONDS, NotSentError
from chassis.tls import tls_context

_PERMANENT = 500  # SMTP: 4xx may pass, 5xx will not


class Smtp:
    """A mail server, by STARTTLS on 587 or TLS from the start, whose certificate is checked."""

    def __init__(self, settings: MessageSettings) -> None:
        self._settings = settings

    async def has_accepted(self, reference: str) -> bool:  # noqa: ARG002 - SMTP has no such question
        """Answer no, as `Transport` says. A second try has the same Message-ID: some servers drop it."""
        return False

    async def deliver(self, reference: str, to: str, message: Message) -> None:
        """Deliver an e-mail, as `Transport` says."""
        mime = self._make_mime(reference, to, message)
        try:
            await asyncio.to_thread(self._send, mime)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise NotSentError(f"recipient refused: {codes}", permanent=min(codes) >= _PERMANENT) from None
        except smtplib.SMTPResponseException as error:
            # Refused for what it is. A sender or log-in that is refused is for the operator to mend.
            permanent = isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= _PERMANENT
            raise NotSentError(f"the mail server answered {error.smtp_code}", permanent=permanent) from None
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            permanent = isinstance(error, UnicodeError | smtplib.SMTPNotSupportedError)
            raise NotSentError(type(error).__name__, permanent=permanent) from None

    def _make_mime(self, reference: str, to: str, message: Message) -> EmailMessage:
        mime = EmailMessage()
        mime["From"] = self._settings.mail_from
        mime["Date"] = formatdate(usegmt=True)
        mime["Message-ID"] = f"<{reference}@{self._settings.mail_from.rpartition('@')[2]}>"
        mime["Auto-Submitted"] = "auto-generated"
        try:
            mime["Subject"] = message.subject
            mime["To"] = to
        except ValueError:
            raise NotSentError("an address or a subject no mail server takes", permanent=True) from None
        mime.set_content(message.body)
        return mime

    def _send(self, mime: EmailMessage) -> None:
        server = self._connect()
        try:
            if self._settings.smtp_security == "starttls":
                server.starttls(context=tls_context())
            if self._settings.smtp_user:
                server.login(self._settings.smtp_user, self._settings.smtp_password.get_secret_value())
            server.send_message(mime)
            # The server has the e-mail: what it says to our goodbye must not send it again.
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
        finally:
            server.close()

    def _connect(self) -> smtplib.SMTP:
        address = (self._settings.smtp_host, self._settings.smtp_port)
        if self._settings.smtp_security == "tls":
            return smtplib.SMTP_SSL(*address, timeout=SECONDS, context=tls_context())
        return smtplib.SMTP(*address, timeout=SECONDS)
