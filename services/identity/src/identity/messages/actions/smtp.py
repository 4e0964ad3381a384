"""Deliver e-mails to a mail server (RFC 5321)."""

import asyncio
import smtplib
from email.message import EmailMessage
from email.utils import formatdate

from chassis.tls import tls_context
from identity.messages.actions.templates import Message
from identity.messages.actions.transports import SECONDS, NotSentError
from identity.settings import Settings

_PERMANENT = 500  # SMTP: 4xx may pass, 5xx will not


class Smtp:
    """A mail server, by STARTTLS on 587 or TLS from the start, whose certificate is checked."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def deliver(self, reference: str, to: str, message: Message) -> None:
        """Deliver an e-mail, as `Transport` says."""
        mime = self._make_mime(reference, to, message)
        try:
            await asyncio.to_thread(self._send, mime)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise NotSentError(f"recipient refused: {codes}", permanent=min(codes) >= _PERMANENT) from None
        except smtplib.SMTPResponseException as error:
            raise NotSentError(f"the mail server answered {error.smtp_code}") from None
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            permanent = isinstance(error, UnicodeError | smtplib.SMTPNotSupportedError)
            raise NotSentError(type(error).__name__, permanent=permanent) from None

    def _make_mime(self, reference: str, to: str, message: Message) -> EmailMessage:
        mime = EmailMessage()
        mime["From"] = self._settings.mail_from
        mime["Date"] = formatdate(usegmt=True)
        mime["Message-ID"] = f"<{reference}@{self._settings.mail_from.rpartition('@')[2]}>"
        mime["Auto-Submitted"] = "auto-generated"
        mime["Subject"] = message.subject
        try:
            mime["To"] = to
        except ValueError:
            raise NotSentError("an address no mail server takes", permanent=True) from None
        mime.set_content(message.body)
        return mime

    def _send(self, mime: EmailMessage) -> None:
        settings, context = self._settings, tls_context()
        address = (settings.smtp_host, settings.smtp_port)
        if settings.smtp_security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(*address, timeout=SECONDS, context=context)
        else:
            server = smtplib.SMTP(*address, timeout=SECONDS)
        with server:
            if settings.smtp_security == "starttls":
                server.starttls(context=context)
            if settings.smtp_user:
                server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
            server.send_message(mime)
