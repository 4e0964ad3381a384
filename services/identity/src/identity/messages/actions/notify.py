"""Deliver e-mails and SMS by GOV.UK Notify (https://docs.notifications.service.gov.uk/rest-api.html)."""

import time
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import OctKey

from chassis.tls import tls_context
from identity.messages.actions.templates import Message
from identity.messages.actions.transports import SECONDS, NotSentError
from identity.settings import Settings

_CREATED = 201
_SERVER_ERROR = 500
# Errors below 500 that may pass: a key being changed, a timeout, a rate limit.
_TEMPORARY = frozenset({401, 403, 408, 429})
_UUID_LENGTH = 36


class _Notify:
    """GOV.UK Notify's API.

    The API key is ``name-<service id>-<secret>``; a request carries a JWT signed with the secret (HS256).
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        key = settings.notify_key.get_secret_value()
        self._service = key[-2 * _UUID_LENGTH - 1 : -_UUID_LENGTH - 1]
        self._secret = OctKey.import_key(key[-_UUID_LENGTH:])

    async def _post(self, kind: str, body: dict[str, Any]) -> None:
        url = f"{self._settings.notify_url}/v2/notifications/{kind}"
        headers = {"Authorization": f"Bearer {self._make_token()}"}
        try:
            async with httpx.AsyncClient(timeout=SECONDS, verify=tls_context()) as client:
                response = await client.post(url, json=body, headers=headers)
        except httpx.HTTPError as error:
            raise NotSentError(type(error).__name__) from None
        if response.status_code != _CREATED:
            temporary = response.status_code >= _SERVER_ERROR or response.status_code in _TEMPORARY
            raise NotSentError(f"Notify answered {response.status_code}", permanent=not temporary)

    def _make_token(self) -> str:
        claims = {"iss": self._service, "iat": int(time.time())}
        return jwt.encode({"typ": "JWT", "alg": "HS256"}, claims, self._secret)


class NotifyEmail(_Notify):
    """E-mails. Notify's template has the subject ``((subject))`` and the body ``((body))``."""

    async def deliver(self, reference: str, to: str, message: Message) -> None:
        """Deliver an e-mail, as `Transport` says."""
        body = {
            "email_address": to,
            "template_id": self._settings.notify_template,
            "personalisation": {"subject": message.subject, "body": message.body},
            "reference": reference,
        }
        await self._post("email", body)


class NotifySms(_Notify):
    """SMS. Notify's template is ``((body))``; the sender is the Notify service's own."""

    async def deliver(self, reference: str, to: str, message: Message) -> None:
        """Deliver an SMS, as `Transport` says."""
        body = {
            "phone_number": to,
            "template_id": self._settings.notify_text_template,
            "personalisation": {"body": message.body},
            "reference": reference,
        }
        await self._post("sms", body)
