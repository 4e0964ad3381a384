"""Back-channel logout: tell services that a session has ended (Back-Channel Logout 1.0)."""

from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Row

from chassis import ids
from chassis.jobs import CallContext, Job, JobHandlers, RetryAfterError
from chassis.outbound import Outbound, OutboundError
from identity.grants.actions import logout_notices, subjects
from identity.grants.actions.logout_notices import SendLogoutToken
from identity.grants.rules import id_tokens
from identity.issuer.actions.signing_keys import Issuer
from identity.settings import Settings
from identity.shared.rules import crypto, tokens, uris

_MAX_RESPONSE = 16_384
_TRIES = 6  # within half an hour
_LIMIT = 30.0  # seconds
handlers = JobHandlers()


class LogoutTokenSender:
    """Signs logout tokens and sends them: one in a worker."""

    def __init__(self, settings: Settings) -> None:
        self.issuer = Issuer(settings)
        self._outbound = Outbound(settings)

    async def send(self, notice: Row[Any]) -> None:
        """Send a logout token. Raises OutboundError when the service does not accept it."""
        form = urlencode({"logout_token": self._sign_token(notice)}).encode()
        local = self.issuer.is_local and uris.is_local_http(notice.uri)
        await self._outbound.post(notice.uri, form, max_bytes=_MAX_RESPONSE, local_only=local)

    def _sign_token(self, notice: Row[Any]) -> str:
        content = id_tokens.build_logout_token(
            self.issuer.url,
            ids.show(notice.client),
            subjects.derive_subject(self.issuer, notice.sector, notice.account),
            subjects.derive_sid(self.issuer, notice.sector, notice.session),
            ids.show(ids.new()),  # a new one at each try: services refuse a token they have seen before
            int(self.issuer.clock()),
        )
        key = self.issuer.select_key(crypto.RS256 if notice.algorithm == crypto.RS256 else crypto.ES256)
        return tokens.sign_jwt(key, id_tokens.LOGOUT_TYPE, content)


@handlers.call(SendLogoutToken, tries=_TRIES, limit=_LIMIT)
async def send_logout_token(context: CallContext, job: Job[SendLogoutToken]) -> None:
    """Send a logout token to a client, again later if it is not accepted, and not for ever."""
    sender = context.share(LogoutTokenSender)
    async with context.database.writing() as session:
        await sender.issuer.ensure_keys(session)
        notice = await logout_notices.get_notice(session, job.council, job.data.grant)
    if notice is None:
        return  # purged since: no token of it is valid any more
    try:
        await sender.send(notice)
    except OutboundError as error:
        raise RetryAfterError(error.explain(), error.retry_after or 0) from error
