"""Subscribe to hints from NATS that councils or credentials changed.

A hint only says that identity has something new. Its content is not used.
"""

import asyncio
import logging
import ssl

from nats.aio.msg import Msg
from nats.errors import Error

from gateway.nats_user import UserClient
from gateway.settings import Settings

log = logging.getLogger(__name__)

SUBJECTS = ("townhall.*.identity.council.*", "townhall.*.identity.token.revoked")
_RETRY_INTERVAL = 1  # seconds between attempts to connect


class ChangeSubscription:
    """Sets ``changed`` at each hint. NATS away is no error: ``is_connected`` tells."""

    def __init__(self, settings: Settings, changed: asyncio.Event) -> None:
        self._url = settings.nats_url
        self._tls = ssl.create_default_context(cafile=str(settings.nats_ca)) if settings.nats_ca else None
        self._changed = changed
        self._client = UserClient(settings.nats_seed.get_secret_value())

    @property
    def is_connected(self) -> bool:
        return self._client.is_connected

    async def connect(self) -> None:
        """Connect, however often that takes. The client reconnects by itself afterwards."""
        while not self.is_connected:
            try:
                await self._connect_once()
            except (TimeoutError, OSError, Error) as error:
                log.warning("NATS cannot be reached: %r", error)
                await asyncio.sleep(_RETRY_INTERVAL)
        self._changed.set()

    async def close(self) -> None:
        await self._client.close()

    async def _connect_once(self) -> None:
        await self._client.connect(
            self._url,
            name="gateway",
            connect_timeout=2,
            reconnect_time_wait=_RETRY_INTERVAL,
            max_reconnect_attempts=-1,
            error_cb=self._log_error,
            reconnected_cb=self._handle_reconnect,
            inbox_prefix="_INBOX.gateway",  # the user `gateway` may listen to no other
            signature_cb=self._client.sign,
            tls=self._tls,
        )
        for subject in SUBJECTS:
            await self._client.subscribe(subject, cb=self._handle_hint)

    async def _handle_hint(self, _: Msg) -> None:
        self._changed.set()

    async def _handle_reconnect(self) -> None:
        """Count as a hint: hints sent while the connection was away are lost."""
        self._changed.set()

    async def _log_error(self, error: Exception) -> None:
        log.warning("NATS: %r", error)
