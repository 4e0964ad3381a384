"""Deliver e-mails and SMS by GOV.UK Notify (https://docs.notifications.service.gov.uk/rest-api.html)."""

import json
import re
from typing import Any

from joserfc import jwt
from joserfc.jwk import OctKey

from chassis import clock
from chassis.messages.settings import MessageSettings
from chassis.messages.templates import Message
from chassis.messages.transports import SECONDS, NotSentError
from chassis.outbound import Outbound, OutboundError, Reach, Request, Response

_OK, _CREATED, _SERVER_ERROR = 200, 201, 500
# Errors below 500 that may pass: a key being changed, a timeout, a rate limit.
_TEMPORARY = frozenset({401, 403, 408, 429})
_UUID_LENGTH = 36
_MAX_RESPONSE = 1_048_576
_ERROR_NAME = re.compile(rb'"error"\s*:\s*"([A-Za-z]{1,40})"')


class _Notify:
    """GOV.UK Notify's API.

    The API key is ``name-<service id>-<secret>``; a request carries a JWT signed with the secret (HS256).
    """

    def __init__(self, settings: MessageSettings, outbound: Outbound) -> None:
        self._settings = settings
        self._outbound = outbound
        key = settings.notify_key.get_secret_value()
        self._service = key[-2 * _UUID_LENGTH - 1 : -_UUID_LENGTH - 1]
        self._secret = OctKey.import_key(key[-_UUID_LENGTH:])

    async def has_accepted(self, reference: str) -> bool:
        """Check whether Notify has a message with this reference, as `Transport` says.

        Notify does not refuse a reference that it had before, so a try after the first asks this first.
        """
        response = await self._send("GET", f"?reference={reference}")
        if response.status != _OK:
            raise _explain(response, permanent=False)
        try:
            notifications = json.loads(response.body)["notifications"]
            return any(notification["reference"] == reference for notification in notifications)
        except (ValueError, KeyError, TypeError):
            raise NotSentError("Notify's list of messages cannot be read") from None

    async def _post(self, kind: str, body: dict[str, Any]) -> None:
        response = await self._send("POST", f"/{kind}", json.dumps(body).encode())
        if response.status != _CREATED:
            is_temporary = response.status >= _SERVER_ERROR or response.status in _TEMPORARY
            raise _explain(response, permanent=not is_temporary)

    async def _send(self, method: str, path: str, content: bytes | None = None) -> Response:
        uri = f"{self._settings.notify_url}/v2/notifications{path}"
        headers = {"Authorization": f"Bearer {self._make_token()}", "Content-Type": "application/json"}
        request = Request(method, uri, _MAX_RESPONSE, headers, content, Reach.ANYWHERE, seconds=SECONDS)
        try:
            return await self._outbound.send(request)
        except OutboundError as error:
            raise NotSentError(error.explain(), retry_after=error.retry_after) from None

    def _make_token(self) -> str:
        claims = {"iss": self._service, "iat": int(clock.unix_time())}
        return jwt.encode({"typ": "JWT", "alg": "HS256"}, claims, self._secret)


def _explain(response: Response, *, permanent: bool) -> NotSentError:
    """Make the error of a response, by its status and Notify's name for it: its text may show an address."""
    name = _ERROR_NAME.search(response.body)
    detail = f" {name[1].decode()}" if name else ""
    reason = f"Notify answered {response.status}{detail}"
    return NotSentError(reason, permanent=permanent, retry_after=response.retry_after)


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
