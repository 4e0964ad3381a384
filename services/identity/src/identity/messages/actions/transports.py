"""What takes letters away. None of them logs an address, a subject or a text."""

import asyncio
import smtplib
import ssl
import time
from email.message import EmailMessage
from email.utils import formatdate
from typing import Any, Protocol

import httpx
from joserfc import jwt
from joserfc.jwk import OctKey

from identity.messages.actions.templates import Letter
from identity.settings import Settings

_NOT_NOW = 500  # from here on, and at 403, 408 and 429, the fault may pass
_PASSING = frozenset({401, 403, 408, 429})
_CREATED = 201
_SMTP_SECONDS = 20
_UUID_LENGTH = 36


class NotSentError(Exception):
    """It could not be sent. ``for_ever``: there is no use in trying again."""

    def __init__(self, why: str, *, for_ever: bool = False) -> None:
        super().__init__(why)
        self.for_ever = for_ever


class Carrier(Protocol):
    """Takes letters away."""

    async def carry(self, reference: str, to: str, letter: Letter) -> None:
        """Send it. ``reference`` is the letter's id, the same at every try. Raises NotSentError."""


class Smtp:
    """A mail server (RFC 5321): by STARTTLS on 587 or TLS from the start, its certificate checked."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def carry(self, reference: str, to: str, letter: Letter) -> None:
        message = self._message(reference, to, letter)
        try:
            await asyncio.to_thread(self._send, message)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise NotSentError(f"recipient refused: {codes}", for_ever=min(codes) >= _NOT_NOW) from None
        except smtplib.SMTPResponseException as error:
            raise NotSentError(f"the mail server answered {error.smtp_code}") from None
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            for_ever = isinstance(error, UnicodeError | smtplib.SMTPNotSupportedError)
            raise NotSentError(type(error).__name__, for_ever=for_ever) from None

    def _message(self, reference: str, to: str, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._settings.mail_from
        message["Date"] = formatdate(usegmt=True)
        message["Message-ID"] = f"<{reference}@{self._settings.mail_from.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message["Subject"] = letter.subject
        try:
            message["To"] = to
        except ValueError:
            raise NotSentError("an address no mail server takes", for_ever=True) from None
        message.set_content(letter.body)
        return message

    def _send(self, message: EmailMessage) -> None:
        settings, context = self._settings, ssl.create_default_context()
        at = (settings.smtp_host, settings.smtp_port)
        if settings.smtp_security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(*at, timeout=_SMTP_SECONDS, context=context)
        else:
            server = smtplib.SMTP(*at, timeout=_SMTP_SECONDS)
        with server:
            if settings.smtp_security == "starttls":
                server.starttls(context=context)
            if settings.smtp_user:
                server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
            server.send_message(message)


class Notify:
    """GOV.UK Notify. Its template has the subject ``((subject))`` and the body ``((body))``.

    The API key is ``name-<service id>-<secret>``; a request carries a JWT signed with the secret (HS256).
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        key = settings.notify_key.get_secret_value()
        self._service = key[-2 * _UUID_LENGTH - 1 : -_UUID_LENGTH - 1]
        self._secret = OctKey.import_key(key[-_UUID_LENGTH:])

    async def carry(self, reference: str, to: str, letter: Letter) -> None:
        body = {
            "email_address": to,
            "template_id": self._settings.notify_template,
            "personalisation": {"subject": letter.subject, "body": letter.body},
            "reference": reference,
        }
        await self._ask("email", body)

    async def _ask(self, kind: str, body: dict[str, Any]) -> None:
        try:
            async with httpx.AsyncClient(timeout=_SMTP_SECONDS) as client:
                url = f"{self._settings.notify_url}/v2/notifications/{kind}"
                answer = await client.post(
                    url, json=body, headers={"Authorization": f"Bearer {self._token()}"}
                )
        except httpx.HTTPError as error:
            raise NotSentError(type(error).__name__) from None
        if answer.status_code != _CREATED:
            passing = answer.status_code >= _NOT_NOW or answer.status_code in _PASSING
            raise NotSentError(f"Notify answered {answer.status_code}", for_ever=not passing)

    def _token(self) -> str:
        claims = {"iss": self._service, "iat": int(time.time())}
        return jwt.encode({"typ": "JWT", "alg": "HS256"}, claims, self._secret)


class NotifyTexts(Notify):
    """GOV.UK Notify's text messages. Its template is ``((body))``; the service's own sender sends it."""

    async def carry(self, reference: str, to: str, letter: Letter) -> None:
        body = {
            "phone_number": to,
            "template_id": self._settings.notify_text_template,
            "personalisation": {"body": letter.body},
            "reference": reference,
        }
        await self._ask("sms", body)


def text_carrier(settings: Settings) -> Carrier | None:
    """What takes text messages away; None where they stay in the outbox."""
    return NotifyTexts(settings) if settings.texts == "notify" else None


def carrier(settings: Settings) -> Carrier | None:
    """The one the settings name; None where letters stay in the outbox."""
    match settings.mail:
        case "smtp":
            return Smtp(settings)
        case "notify":
            return Notify(settings)
        case _:
            return None
