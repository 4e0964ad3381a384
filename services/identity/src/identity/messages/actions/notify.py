"""Deliver e-mails and SMS by GOV.UK Notify (https://docs.notifications.service.gov.uk/rest-api.html)."""

import json
from typing import Any

from joserfc import jwt
from joserfc.jwk import OctKey

from chassis import clock
from chassis.outbound import Outbound, OutboundError, Reach, Request
from identity.messages.actions.templates import Message
from identity.messages.actions.transports import SECONDS, NotSentError
from identity.settings import Settings

_CREATED = 201
_SERVER_ERROR = 500
# Errors below 500 that may pass: a key being changed, a timeout, a rate limit.
_TEMPORARY = frozenset({401, 403, 408, 429})
_UUID_LENGTH = 36
_MAX_RESPONSE = 65_536


class _Notify:
    """GOV.UK Notify's API.

    The API key is ``name-<service id>-<secret>``; a request carries a JWT signed with the secret (HS256).
    """

    def __init__(self, settings: Settings, outbound: Outbound | None = None) -> None:
        self._settings = settings
        self._outbound = outbound or Outbound(settings)
        key = settings.notify_key.get_secret_value()
        self._service = key[-2 * _UUID_LENGTH - 1 : -_UUID_LENGTH - 1]
        self._secret = OctKey.import_key(key[-_UUID_LENGTH:])

    async def _post(self, kind: str, body: dict[str, Any]) -> None:
        url = f"{self._settings.notify_url}/v2/notifications/{kind}"
        headers = {"Authorization": f"Bearer {self._make_token()}", "Content-Type": "application/json"}
        content = json.dumps(body).encode()
        request = Request("POST", url, _MAX_RESPONSE, headers, content, Reach.ANYWHERE, seconds=SECONDS)
        try:
            response = await self._outbound.send(request)
        except OutboundError as error:
            raise NotSentError(error.explain()) from None
        if response.status != _CREATED:
            temporary = response.status >= _SERVER_ERROR or response.status in _TEMPORARY
            raise NotSentError(f"Notify answered {response.status}", permanent=not temporary)

    def _make_token(self) -> str:
        claims = {"iss": self._service, "iat": int(clock.unix_time())}
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
